import Glibc
import KeyValueAPI
import KeyValueStore
import MicroHTTPD
import Sockets
import TestSupport
import Testing
import TransportSecurity

/// Requests that are answered before all of their content has come, to clients that send all of it before they read.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct EarlyAnswerTests {
    /// How content is announced.
    enum Framing: CaseIterable {
        case length, oneChunk, manyChunks

        /// The fields, and the content, of so many bytes.
        func message(_ count: Int) -> (fields: String, content: [UInt8]) {
            switch self {
            case .length: return ("Content-Length: \(count)\r\n", bytes(count))
            case .oneChunk:
                return (
                    "Transfer-Encoding: chunked\r\n",
                    Array("\(String(count, radix: 16))\r\n".utf8) + bytes(count) + Self.end
                )
            case .manyChunks:
                var content: [UInt8] = []
                for start in stride(from: 0, to: count, by: 4_000) {
                    let chunk = min(4_000, count - start)
                    content += Array("\(String(chunk, radix: 16))\r\n".utf8) + bytes(chunk) + [0x0D, 0x0A]
                }
                return ("Transfer-Encoding: chunked\r\n", content + Array("0\r\n\r\n".utf8))
            }
        }

        private static let end = Array("\r\n0\r\n\r\n".utf8)
        private func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: UInt8(ascii: "x"), count: count) }
    }

    private static let lines = [
        "PUT /keys/a", "PUT /keys/new", "POST /keys/a?op=append", "POST /keys/a?op=getset", "POST /keys/a?op=getdel",
        "POST /keys/a?op=incr", "POST /keys/a?op=touch&ttl=5", "POST /batch", "GET /keys/a", "HEAD /keys/a",
        "DELETE /keys/a", "DELETE /keys?prefix=a", "GET /keys", "OPTIONS /keys/a", "GET /livez", "GET /none",
        "PATCH /keys/a", "BREW /keys/a",
    ]

    /// Runs `body` with a server by TLS or not, and what connects to it.
    private func withServer(
        overTLS: Bool, _ change: (inout LiveServer.SetUp) -> Void,
        _ body: @escaping @Sendable (LiveServer, () throws -> RawClient) async throws -> Void
    ) async throws {
        let certificate = overTLS ? try TestCertificate() : nil
        let security = try certificate.map {
            ServerSecurity(try CertifiedKey(certificate: $0.certificate, key: $0.key))
        }
        try await MicroHTTPDTests.withServer {
            $0.security = security
            change(&$0)
        } _: { live in
            try await body(live) {
                guard let certificate else { return try live.connect() }
                return try RawClient(port: live.server.address.port, trusting: certificate)
            }
        }
    }

    /// Sends a request to its last byte, and reads what comes: one answer, and the end of the stream.
    private func answer(_ line: String, _ framing: Framing, _ count: Int, _ fields: String = "", on client: RawClient)
        throws
        -> RawResponse
    {
        let message = framing.message(count)
        try client.send("\(line) HTTP/1.1\r\nHost: x\r\n\(fields)\(message.fields)\r\n")
        try client.send(message.content)
        let response = try client.response(toHead: line.hasPrefix("HEAD"))
        #expect(response["Connection"] == "close")
        #expect(response["Date"] != nil)
        #expect(try client.rest().isEmpty)
        return response
    }

    @Test(arguments: Framing.allCases, [false, true])
    func `content that is too large is answered 413 by every method, however long it is and however it comes`(
        framing: Framing, overTLS: Bool
    ) async throws {
        try await withServer(overTLS: overTLS) {
            ($0.valueBytes, $0.skippedBytes) = (1_000, 1_000)
        } _: { live, connect in
            try #require(try connect().put("a", Array("kept".utf8)).status == 201)
            for line in Self.lines {
                for count in [1_001, 5_000, 4_000_000] {
                    let response = try answer(line, framing, count, on: try connect())
                    // What is wrong with the method is known before what is wrong with content in chunks.
                    let expected =
                        switch (framing, line.split(separator: " ")[0], line) {
                        case (.length, _, _): 413
                        case (_, "PATCH", _): 405
                        case (_, "BREW", _): 501
                        case (_, _, "GET /none"): 404
                        default: 413
                        }
                    #expect(response.status == expected, "\(line), \(count) bytes")
                    if expected == 413, !line.hasPrefix("HEAD") {
                        #expect(response.text.hasSuffix("larger than the limit of 1000 bytes\n"), "\(line)")
                    }
                }
            }
            #expect(live.keyCount == 1)
            #expect(live.stored(Array("a".utf8)) == Array("kept".utf8))
            #expect(live.server.requestCounts.reduce(0) { $0 + $1.count } == UInt64(Self.lines.count * 3 + 1))
            #expect(try eventually { live.server.traffic.requestsInFlight == 0 })
        }
    }

    @Test(arguments: [1, 1_000_000], [false, true])
    func `the limit holds to the byte, whatever it is`(limit: Int, overTLS: Bool) async throws {
        try await withServer(overTLS: overTLS) {
            ($0.valueBytes, $0.skippedBytes) = (limit, limit)
        } _: { live, connect in
            for framing in Framing.allCases {
                for line in ["PUT /keys/\(framing)", "DELETE /keys/none"] {
                    let message = framing.message(limit)
                    let client = try connect()
                    try client.send("\(line) HTTP/1.1\r\nHost: x\r\n\(message.fields)\r\n")
                    try client.send(message.content)
                    #expect(try client.response().status == (line.hasPrefix("PUT") ? 201 : 404), "\(framing)")
                    for count in [limit + 1, limit + 100_000] {
                        #expect(
                            try answer(line, framing, count, on: try connect()).status == 413, "\(framing), \(count)")
                    }
                }
            }
        }
    }

    @Test(arguments: [false, true])
    func `a client that waits for leave, and gets it, is told in mid-upload`(overTLS: Bool) async throws {
        try await withServer(overTLS: overTLS) {
            $0.valueBytes = 1_000
        } _: { _, connect in
            for framing in [Framing.oneChunk, .manyChunks] {
                let client = try connect()
                let message = framing.message(300_000)
                try client.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\(message.fields)\r\n")
                #expect(try client.response().status == 100)
                try client.send(message.content)
                #expect(try client.response().status == 413)
                #expect(try client.rest().isEmpty)
            }
        }
    }

    @Test func `what is wrong with a request besides is said in mid-upload too`() async throws {
        try await withServer(overTLS: false) {
            ($0.valueBytes, $0.skippedBytes) = (1_000, 1_000)
        } _: { live, connect in
            for framing in [Framing.oneChunk, .manyChunks] {
                for (line, fields, status) in [
                    ("PUT /keys/%zz", "", 400), ("PUT /keys/a", "If-Match: \"none\"\r\n", 412),
                    ("PUT /keys/\(String(repeating: "k", count: 2_000))", "", 414),
                ] {
                    let response = try answer(line, framing, 500_000, fields, on: try connect())
                    #expect(response.status == status, "\(line)")
                }
            }
            #expect(live.keyCount == 0)
        }
    }

    @Test(arguments: [false, true])
    func `an upload that there is no memory for is answered at once, to a client that sends on`(overTLS: Bool)
        async throws
    {
        try await withServer(overTLS: overTLS) {
            ($0.maximumMemory, $0.maximumUploads) = (64 << 20, 2 << 20)
        } _: { live, connect in
            for framing in Framing.allCases {
                let response = try answer("PUT /keys/a", framing, 8_000_000, on: try connect())
                // One that is announced can be known never to fit.
                #expect(response.status == (framing == .length ? 507 : 503), "\(framing)")
                #expect(response["Retry-After"] == (framing == .length ? nil : "1"))
            }
            #expect(live.keyCount == 0)
        }
    }

    @Test(arguments: [false, true])
    func `an answer waits for room behind answers that the client has not read`(overTLS: Bool) async throws {
        try await withServer(overTLS: overTLS) {
            $0.skippedBytes = 1_000
        } _: { live, connect in
            let value = pattern(6_000_000)
            _ = try connect().put("a", value)
            let client = try connect()
            // So much is taken by the system while nobody reads it.
            let message = Framing.manyChunks.message(100_000)
            try client.send("GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n")
            try client.send("DELETE /keys/a HTTP/1.1\r\nHost: x\r\n\(message.fields)\r\n")
            try client.send(message.content)
            let response = try client.response()
            #expect(areSame(value, response.body[...]))
            let refusal = try client.response()
            #expect(refusal.status == 413)
            // Where the whole content has come before there was room, the connection goes on.
            if refusal["Connection"] == "close" {
                #expect(try client.rest().isEmpty)
            } else {
                #expect(try client.exchange("GET", "/livez").status == 200)
            }
            #expect(live.keyCount == 1)
        }
    }

    @Test(arguments: [false, true])
    func `who is late is told, and goes on sending to the end`(overTLS: Bool) async throws {
        try await withServer(overTLS: overTLS) {
            $0.deadlines = .long(request: .seconds(2))
        } _: { live, connect in
            for framing in [Framing.length, .oneChunk, .manyChunks] {
                let client = try connect()
                let message = framing.message(400_000)
                try client.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\n\(message.fields)\r\n")
                // For some four seconds.
                for start in stride(from: 0, to: message.content.count, by: 4_000) {
                    try client.send(Array(message.content[start..<min(start + 4_000, message.content.count)]))
                    usleep(40_000)
                }
                #expect(try client.response().statusLine == "HTTP/1.1 408 Request Timeout", "\(framing)")
                #expect(try client.rest().isEmpty)
            }
            #expect(live.keyCount == 0)
            #expect(live.rejections("request_timeout") == 3)
        }
    }
}
