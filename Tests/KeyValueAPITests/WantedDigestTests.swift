import ByteBuffers
import HTTPMessages
import Testing

/// `Want-Content-Digest` on GET and HEAD.
@Suite struct WantedDigestTests {
    /// A value whose digest is computed at once, and one whose digest is not.
    private static let sizes = [0, 1, 65_536, 65_537, 300_000]

    private func makeClient(_ content: [UInt8]) -> InProcessClient {
        let client = InProcessClient(valueBytes: 1 << 24)
        _ = client.send("PUT", "/keys/a", ["Content-Type": "text/x", "Latchkey-Meta-By": "me"], .whole(content))
        return client
    }

    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) } }

    @Test(arguments: sizes, DigestAlgorithm.allCases)
    func `a value comes with the digest that is wanted most`(count: Int, algorithm: DigestAlgorithm) {
        let content = bytes(count)
        let client = makeClient(content)
        let other = DigestAlgorithm.allCases.first { $0 != algorithm }!
        let plain = client.get("a")
        for method in ["GET", "HEAD"] {
            let wanted = client.send(
                method, "/keys/a", ["Want-Content-Digest": "\(other.name)=3, \(algorithm.name)=4"])
            #expect(wanted.status == 200)
            #expect(wanted["Content-Digest"] == digest(algorithm, content))
            #expect(wanted.content == content)
            #expect(wanted.names == (plain.names + ["Content-Digest"]).sorted())
            // The value itself is sent, and no copy.
            #expect(wanted.body?.storage === plain.body?.storage)
        }
    }

    @Test(arguments: [10, 300_000])
    func `of a part the digest is that of the part`(count: Int) {
        let content = bytes(count)
        let client = makeClient(content)
        let fields: InProcessClient.Fields = ["Want-Content-Digest": "sha-256=1", "Range": "bytes=2-"]
        let part = client.get("a", fields)
        #expect(part.status == 206)
        #expect(part["Content-Digest"] == digest(.sha256, Array(content[2...])))
        #expect(client.send("HEAD", "/keys/a", fields)["Content-Digest"] == digest(.sha256, content))
    }

    @Test(arguments: ["", "md5=1", "sha-256=0", "sha-256", "sha-256=1,", "x y"])
    func `nothing is added where nothing is wanted that is known, or the field cannot be read`(field: String) {
        let client = makeClient([1])
        let answer = client.get("a", ["Want-Content-Digest": field])
        #expect(answer.status == 200)
        #expect(answer["Content-Digest"] == nil)
    }

    @Test func `answers without a value have none`() {
        let client = makeClient([1])
        for (target, fields, status) in [
            ("/keys/a", ["If-None-Match": "*"], 304), ("/keys/a", ["If-Match": "\"x\""], 412), ("/keys/b", [:], 404),
            ("/keys/a", ["Range": "bytes=9-"], 416), ("/livez", [:], 200), ("/keys", [:], 200),
        ] as [(String, InProcessClient.Fields, Int)] {
            let answer = client.send("GET", target, fields.adding("Want-Content-Digest", "sha-256=1"))
            #expect(answer.status == status)
            #expect(answer["Content-Digest"] == nil)
        }
    }

    @Test func `a request that can't wait on is told to come again`() throws {
        let client = makeClient(bytes(300_000))
        let waiting = try #require(
            client.begin("GET", Array("/keys/a".utf8), ["Want-Content-Digest": "sha-256=1"]).waiting)
        let last = waiting.last()
        // Unless it was faster.
        if last.status == 503 {
            #expect(last.text == "the server is stopping; nothing was done\n")
            #expect(last["Retry-After"] == "1")
        } else {
            #expect(last.status == 200)
        }
    }
}
