import HTTPMessages
import KeyValueAPI
import MicroHTTPD
import TestSupport
import Testing

/// Tokens on the wire: when a request is refused, and what becomes of its connection.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LiveAccessTests {
    private static let writer = "Authorization: Bearer writer-0123456789\r\n"
    private static let reader = "authorization: bearer reader-0123456789\r\n"
    private static let wrong = "Authorization: Bearer wrong-0123456789\r\n"

    private func withGuardedServer(_ body: @Sendable (LiveServer) async throws -> Void) async throws {
        let access = AccessControl(
            writers: try TokenList(Array("writer-0123456789".utf8)),
            readers: try TokenList(Array("reader-0123456789".utf8)))
        try await withServer({ $0.access = access }, body)
    }

    @Test func `tokens let in on the wire`() async throws {
        try await withGuardedServer { live in
            let client = try live.connect()
            #expect(try client.put("a", [1, 2], Self.writer).status == 201)
            #expect(try client.exchange("GET", "/keys/a", Self.reader).body == [1, 2])
            #expect(try client.exchange("HEAD", "/keys/a", Self.reader).status == 200)
        }
    }

    @Test func `a request without content is refused, and its connection lives`() async throws {
        try await withGuardedServer { live in
            let client = try live.connect()
            for _ in 0..<3 {
                let response = try client.exchange("GET", "/keys/a")
                #expect(response.status == 401)
                #expect(response["WWW-Authenticate"] == #"Bearer realm="latchkey""#)
                #expect(response["Connection"] == nil)
                #expect(try client.exchange("DELETE", "/keys/a", Self.reader).status == 403)
                let wrong = try client.exchange("GET", "/keys/a", Self.wrong)
                #expect(wrong["WWW-Authenticate"] == #"Bearer realm="latchkey", error="invalid_token""#)
            }
            let request = "GET /keys/a HTTP/1.1\r\nHost: x\r\n"
            try client.send("\(request)\r\n\(request)\(Self.reader)\r\n\(request)\(Self.wrong)\r\n")
            for status in [401, 404, 401] { #expect(try client.response().status == status) }
        }
    }

    @Test(arguments: [
        ("", 401), (wrong, 401), (reader, 403),
    ])
    func `content that may not be sent is not read, and its connection ends`(field: String, status: Int) async throws {
        try await withGuardedServer { live in
            for framing in [
                "Content-Length: 1000000000\r\n", "Transfer-Encoding: chunked\r\n",
                "Expect: 100-continue\r\nContent-Length: 5\r\n",
            ] {
                let client = try live.connect()
                // Not a byte of it is sent, and the answer is there.
                try client.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\n\(field)\(framing)\r\n")
                let response = try client.response()
                #expect(response.status == status)
                #expect(response["Connection"] == "close")
                #expect(try client.hasEnded())
            }
            let client = try live.connect()
            try client.send("DELETE /keys/a HTTP/1.1\r\nHost: x\r\n\(field)Transfer-Encoding: chunked\r\n\r\n")
            #expect(try client.response().status == status)
            #expect(try client.hasEnded())
            #expect(live.keyCount == 0)
            #expect(live.server.traffic.requestBodyBytes == 0)
        }
    }

    @Test func `a refusal tells no lock wait that was another's`() async throws {
        try await withGuardedServer { live in
            let client = try live.connect()
            let response = try client.exchange("GET", "/keys/a", "Prefer: timing\r\n")
            #expect(response["Server-Timing"] == "lock;dur=0.000000")
        }
    }

    @Test func `a head that is not one is refused as such, whatever the token`() async throws {
        try await withGuardedServer { live in
            let request = "GET /keys/a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\(Self.writer)\r\n"
            let response = try live.exchange(request)
            #expect(response.status == 400)
        }
    }
}
