import ByteBuffers
import Digests
import HTTPMessages
import Testing

/// A digest of `content`, as a field has it.
func digest(_ algorithm: DigestAlgorithm, _ content: [UInt8]) -> String {
    let computation = DigestComputation(algorithm)!
    SharedBytes(copying: content).withBorrowedBytes { computation.add($0) }
    return computation.finish()!.text
}

/// `Content-Digest` of what is sent: whatever was damaged on its way is not stored.
@Suite struct ContentDigestTests {
    /// The requests whose content is acted upon, with the key that they write.
    private static let writes = [
        ("PUT", "/keys/a"), ("POST", "/keys/a?op=append"), ("POST", "/keys/a?op=getset"), ("POST", "/batch"),
    ]
    private static let content = Array("PUT a 3\nnew\n".utf8)

    private static func bodies(_ content: [UInt8]) -> [InProcessClient.Body] {
        [.whole(content), .chunked([content]), .chunked(content.map { [$0] })]
    }

    @Test(arguments: writes, DigestAlgorithm.allCases)
    func `content is stored with the digest that it has, and with no other`(
        write: (method: String, target: String), algorithm: DigestAlgorithm
    ) {
        let other = digest(algorithm, Self.content + [0])
        let right = digest(algorithm, Self.content)
        for body in Self.bodies(Self.content) {
            let client = InProcessClient()
            client.put("a", "old")
            let refused = client.send(write.method, write.target, ["Content-Digest": other], body)
            #expect(refused.status == 400)
            let value = { (text: String) in text.split(separator: "=", maxSplits: 1)[1] }
            #expect(
                refused.text
                    == "Content-Digest: \(algorithm.name) of the content is \(value(right)), not \(value(other))\n")
            #expect(refused.reception == .take)
            #expect(client.get("a")["ETag"] == #""abc-1""#)
            #expect(
                [200, 204].contains(client.send(write.method, write.target, ["Content-Digest": right], body).status))
            #expect(client.get("a")["ETag"] == #""abc-2""#)
        }
    }

    @Test(arguments: writes)
    func `of two digests both count`(write: (method: String, target: String)) {
        let (short, long) = (digest(.sha256, Self.content), digest(.sha512, Self.content))
        let (otherShort, otherLong) = (digest(.sha256, []), digest(.sha512, []))
        let client = InProcessClient()
        client.put("a", "old")
        for value in ["\(short), \(otherLong)", "\(otherShort), \(long)", "\(otherShort), \(otherLong)"] {
            let answer = client.send(write.method, write.target, ["Content-Digest": value], .whole(Self.content))
            #expect(answer.status == 400)
        }
        #expect(client.stored("a") == "old")
        let lines: InProcessClient.Fields = ["Content-Digest": short, "content-digest": long]
        #expect([200, 204].contains(client.send(write.method, write.target, lines, .whole(Self.content)).status))
        #expect(client.stored("a") != "old")
    }

    @Test(
        arguments: DigestAlgorithm.allCases,
        [.none, .whole([]), .chunked([]), .chunked([[], []])] as [InProcessClient.Body])
    func `no content has a digest too`(algorithm: DigestAlgorithm, body: InProcessClient.Body) {
        let client = InProcessClient()
        let refused = client.send("PUT", "/keys/a", ["Content-Digest": digest(algorithm, [0])], body)
        #expect(refused.status == 400)
        #expect(client.keyCount == 0)
        #expect(client.send("PUT", "/keys/a", ["Content-Digest": digest(algorithm, [])], body).status == 201)
        #expect(client.stored("a") == "")
    }

    @Test(arguments: writes)
    func `a field that cannot be read is refused before the content`(write: (method: String, target: String)) {
        let client = InProcessClient()
        for value in ["sha-256=:AAAA:", "sha-256=x", "sha-256", "x,", "sha-512=:!:"] {
            for body in Self.bodies(Self.content) {
                let answer = client.send(write.method, write.target, ["Content-Digest": value], body)
                #expect(answer.status == 400)
                #expect(answer.reception == .skip)
                let waiting: InProcessClient.Fields = ["Content-Digest": value, "Expect": "100-continue"]
                #expect(client.send(write.method, write.target, waiting, body).reception == .refuse)
            }
        }
        #expect(client.keyCount == 0)
    }

    @Test(arguments: writes)
    func `algorithms that are not known are not checked`(write: (method: String, target: String)) {
        let client = InProcessClient()
        for value in ["", "md5=:AAAA:", "sha=:AAAA:, x-y=1", "md5=:AAAA:, \(digest(.sha256, Self.content))"] {
            let answer = client.send(write.method, write.target, ["Content-Digest": value], .whole(Self.content))
            #expect([200, 201, 204].contains(answer.status))
        }
    }

    @Test func `where the content counts for nothing, so does its digest`() {
        let client = InProcessClient()
        let fields: InProcessClient.Fields = ["Content-Digest": digest(.sha256, [])]
        #expect(client.post("n", "incr", "content", fields).status == 201)
        #expect(client.send("DELETE", "/keys/n", fields, .whole([1])).status == 204)
        #expect(client.send("GET", "/livez", fields, .whole([1])).status == 200)
    }

    @Test func `content that is too large, or that there is no memory for, is refused for that`() {
        let client = InProcessClient(valueBytes: 10)
        let large = [UInt8](repeating: 1, count: 11)
        let fields: InProcessClient.Fields = ["Content-Digest": digest(.sha256, [])]
        #expect(client.send("PUT", "/keys/a", fields, .whole(large)).status == 413)
        #expect(client.send("PUT", "/keys/a", fields, .chunked([large])).status == 413)
        let poor = InProcessClient(maximumUploads: 10_000)
        let pieces = [[UInt8]](repeating: .init(repeating: 1, count: 5_000), count: 4)
        #expect(poor.send("PUT", "/keys/a", fields, .chunked(pieces)).status == 503)
    }

    @Test func `damage is told before a condition that does not hold`() {
        let client = InProcessClient()
        client.put("a", "old")
        let fields: InProcessClient.Fields = ["Content-Digest": digest(.sha256, []), "If-None-Match": "*"]
        #expect(client.send("PUT", "/keys/a", fields, .whole([1])).status == 400)
        #expect(client.stored("a") == "old")
    }

    @Test func `a client that goes away in the middle changes nothing`() {
        let client = InProcessClient()
        client.abandon("PUT", "/keys/a", ["Content-Digest": digest(.sha256, [1])], .chunked([[1]]))
        #expect(client.keyCount == 0)
    }
}
