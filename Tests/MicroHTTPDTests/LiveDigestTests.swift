import ByteBuffers
import Digests
import HTTPMessages
import TestSupport
import Testing

@testable import MicroHTTPD

/// A digest of `content`, as a field has it.
func digest(_ algorithm: DigestAlgorithm, _ content: [UInt8]) -> String {
    let computation = DigestComputation(algorithm)!
    SharedBytes(copying: content).withBorrowedBytes { computation.add($0) }
    return computation.finish()!.text
}

/// Digests of content on the wire (RFC 9530).
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LiveDigestTests {
    /// The content of a message in chunks of so many bytes.
    private func chunked(_ content: [UInt8], by size: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: content.count, by: size) {
            let piece = content[start..<min(start + size, content.count)]
            bytes += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8)
        }
        return bytes + Array("0\r\n\r\n".utf8)
    }

    @Test(arguments: [0, 1, 5_000, 300_000], DigestAlgorithm.allCases)
    func `an upload is stored with the right digest alone, and the connection goes on`(
        count: Int, algorithm: DigestAlgorithm
    ) async throws {
        try await withServer { live in
            let client = try live.connect()
            let content = pattern(count)
            let wrong = digest(algorithm, content + [1])
            for _ in 0..<2 {
                let refused = try client.put("a", content, "Content-Digest: \(wrong)\r\n")
                #expect(refused.statusLine == "HTTP/1.1 400 Bad Request")
                #expect(refused.text.hasPrefix("Content-Digest: \(algorithm.name) of the content is :"))
                #expect(live.keyCount == 0)
            }
            let stored = try client.put("a", content, "Content-Digest: \(digest(algorithm, content))\r\n")
            #expect(stored.status == 201)
            #expect(live.stored(Array("a".utf8)) == content)
            // Nothing of a digest is left for the next request.
            #expect(try client.put("a", [1]).status == 204)
        }
    }

    @Test(arguments: [1, 1_000, 50_000])
    func `content in chunks has a digest too`(size: Int) async throws {
        try await withServer { live in
            let content = pattern(size == 1 ? 300 : 200_000)
            for (digest, status) in [(digest(.sha512, []), 400), (digest(.sha512, content), 201)] {
                let client = try live.connect()
                try client.send(
                    "PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Digest: \(digest)\r\nTransfer-Encoding: chunked\r\n\r\n"
                )
                try client.send(chunked(content, by: size))
                #expect(try client.response().status == status)
                #expect((live.keyCount == 1) == (status == 201))
            }
        }
    }

    @Test func `a digest in a trailer is not looked at`() async throws {
        try await withServer { live in
            let client = try live.connect()
            try client.send(
                """
                PUT /keys/a HTTP/1.1\r\nHost: x\r\nTrailer: Content-Digest\r\nTransfer-Encoding: chunked\r\n\r\n\
                1\r\nx\r\n0\r\nContent-Digest: \(digest(.sha256, []))\r\n\r\n
                """)
            #expect(try client.response().status == 201)
        }
    }

    @Test func `content that is too large is 413 whatever its digest`() async throws {
        try await withServer({ $0.valueBytes = 1_000 }) { live in
            let client = try live.connect()
            try client.send(
                """
                PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Digest: \(digest(.sha256, []))\r\n\
                Transfer-Encoding: chunked\r\n\r\n
                """)
            try client.send(chunked(pattern(50_000), by: 700))
            #expect(try client.response().status == 413)
            #expect(live.keyCount == 0)
        }
    }

    @Test func `a client that goes away in the middle leaves nothing`() async throws {
        try await withServer { live in
            do {
                let client = try live.connect()
                try client.send(
                    "PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Digest: \(digest(.sha256, []))\r\nContent-Length: 9000\r\n\r\n"
                )
                try client.send(pattern(5_000))
            }
            #expect(try eventually { live.server.connectionCount == 0 })
            #expect(live.keyCount == 0)
        }
    }

    @Test(arguments: [100, 5_000, 3_000_000])
    func `a GET is answered with the digest that is wanted, of what is sent`(count: Int) async throws {
        try await withServer { live in
            let content = pattern(count)
            try live.put("a", content)
            let client = try live.connect()
            for algorithm in DigestAlgorithm.allCases {
                let field = "Want-Content-Digest: \(algorithm.name)=1\r\n"
                let whole = try client.exchange("GET", "/keys/a", field)
                #expect(whole.body == content)
                #expect(whole["Content-Digest"] == digest(algorithm, content))
                let head = try client.exchange("HEAD", "/keys/a", field)
                #expect(head["Content-Digest"] == digest(algorithm, content))
                let part = try client.exchange("GET", "/keys/a", field + "Range: bytes=7-\r\n")
                #expect(part.status == 206)
                #expect(part["Content-Digest"] == digest(algorithm, Array(content[7...])))
                let same = try client.exchange("GET", "/keys/a", field + "If-None-Match: *\r\n")
                #expect(same.status == 304 && same["Content-Digest"] == nil)
            }
            #expect(try client.exchange("GET", "/keys/a")["Content-Digest"] == nil)
            #expect(live.server.waitingCount == 0)
        }
    }

    @Test func `who waits for a change gets the digest of the value that has come`() async throws {
        try await withServer { live in
            let content = pattern(3_000_000)
            let client = try live.connect()
            try client.send(
                "GET /keys/a HTTP/1.1\r\nHost: x\r\nPrefer: wait=300\r\nWant-Content-Digest: sha-512=1\r\n\r\n")
            #expect(try eventually { live.server.waitingCount == 1 })
            try live.put("a", content)
            let response = try client.response()
            #expect(response.body == content)
            #expect(response["Content-Digest"] == digest(.sha512, content))
            #expect(response["Preference-Applied"] == "wait=300")
            #expect(try client.exchange("GET", "/livez").status == 200)
        }
    }

    @Test func `clients that leave while digests are computed leave nothing`() async throws {
        try await withServer { live in
            try live.put("a", pattern(8_000_000))
            for _ in 0..<20 {
                let client = try live.connect()
                try client.send("GET /keys/a HTTP/1.1\r\nHost: x\r\nWant-Content-Digest: sha-512=1\r\n\r\n")
            }
            #expect(try eventually { live.server.connectionCount == 0 && live.server.waitingCount == 0 })
        }
    }
}
