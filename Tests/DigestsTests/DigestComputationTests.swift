import ByteBuffers
import Digests
import HTTPMessages
import Testing

@Suite struct DigestComputationTests {
    private func digest(_ algorithm: DigestAlgorithm, _ pieces: [String]) throws -> String {
        let computation = try #require(DigestComputation(algorithm))
        for piece in pieces { SharedBytes(copying: piece.utf8).withBorrowedBytes { computation.add($0) } }
        return try #require(computation.finish()).text
    }

    /// The examples of FIPS 180-4, and RFC 9530's of an empty content.
    @Test(arguments: [
        (DigestAlgorithm.sha256, "", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
        (.sha256, "abc", "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:"),
        (
            .sha512, "",
            "sha-512=:z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==:"
        ),
        (
            .sha512, "abc",
            "sha-512=:3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==:"
        ),
    ])
    func `published digests come out`(algorithm: DigestAlgorithm, content: String, expected: String) throws {
        #expect(try digest(algorithm, [content]) == expected)
        #expect(try digest(algorithm, content.map { String($0) } + [""]) == expected)
    }

    @Test func `a computation that is given up leaves nothing behind`() throws {
        for algorithm in DigestAlgorithm.allCases { #expect(DigestComputation(algorithm) != nil) }
    }
}
