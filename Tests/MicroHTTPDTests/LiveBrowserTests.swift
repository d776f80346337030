import HTTPMessages
import KeyValueAPI
import MicroHTTPD
import TestSupport
import Testing

/// Pages of other sites on the wire: when they are refused, what those that are trusted are told, and what becomes of the connection.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LiveBrowserTests {
    private static let crossSite = "Origin: http://evil.test\r\nSec-Fetch-Site: cross-site\r\n"
    private static let trusted = "Origin: https://app.test\r\nSec-Fetch-Site: cross-site\r\n"

    private func withTrust(
        _ change: (inout LiveServer.SetUp) -> Void = { _ in }, _ body: @Sendable (LiveServer) async throws -> Void
    ) async throws {
        let origin = try #require(WebOrigin("https://app.test"))
        try await withServer(
            {
                $0.trustedOrigins = .listed([origin])
                change(&$0)
            }, body)
    }

    @Test func `content from another site is not read, and its connection ends`() async throws {
        try await withServer { live in
            for (method, framing) in [
                ("PUT", "Content-Length: 1000000000\r\n"), ("POST", "Transfer-Encoding: chunked\r\n"),
                ("PUT", "Expect: 100-continue\r\nContent-Length: 5\r\n"), ("DELETE", "Content-Length: 5\r\n"),
                ("DELETE", "Transfer-Encoding: chunked\r\n"), ("POST", "Content-Length: 0\r\n"),
            ] {
                let client = try live.connect()
                // Not a byte of it is sent, and the answer is there.
                try client.send("\(method) /keys/a?op=incr HTTP/1.1\r\nHost: x\r\n\(Self.crossSite)\(framing)\r\n")
                let response = try client.response()
                #expect(response.status == 403)
                #expect(response["Connection"] == "close")
                #expect(try client.hasEnded())
            }
            #expect(live.keyCount == 0)
            #expect(live.server.traffic.requestBodyBytes == 0)
        }
    }

    @Test func `a request without content from another site is refused, and its connection lives`() async throws {
        try await withServer { live in
            live.fill(["a"])
            let client = try live.connect()
            for _ in 0..<3 {
                let response = try client.exchange("DELETE", "/keys/a", Self.crossSite)
                #expect(response.status == 403)
                #expect(response["Connection"] == nil)
                #expect(try client.exchange("GET", "/keys/a", Self.crossSite).status == 200)
            }
            #expect(try client.exchange("DELETE", "/keys?all=true", Self.crossSite).status == 403)
            #expect(live.keyCount == 1)
            #expect(try client.exchange("DELETE", "/keys/a", "Origin: http://x\r\n").status == 204)
            #expect(try client.exchange("DELETE", "/keys?all=true", "Origin: http://x\r\n").status == 200)
        }
    }

    @Test func `a preflight is answered, and its connection lives`() async throws {
        try await withTrust { live in
            let client = try live.connect()
            for _ in 0..<2 {
                let response = try client.exchange(
                    "OPTIONS", "/keys/a", Self.trusted + "Access-Control-Request-Method: PUT\r\n")
                #expect(response.status == 204)
                #expect(response["Access-Control-Allow-Origin"] == "https://app.test")
                #expect(response["Access-Control-Allow-Methods"] == "GET, HEAD, PUT, POST, DELETE")
                #expect(response["Access-Control-Allow-Headers"]?.hasPrefix("Authorization, Content-Type, ") == true)
                #expect(response["Access-Control-Allow-Headers"]?.hasSuffix(", *") == true)
                #expect(response["Access-Control-Max-Age"] == "7200")
                #expect(
                    response["Vary"] == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
                #expect(response["Access-Control-Allow-Credentials"] == nil)
            }
            let refused = try client.exchange(
                "OPTIONS", "/keys/a", Self.crossSite + "Access-Control-Request-Method: PUT\r\n")
            #expect(refused["Access-Control-Allow-Origin"] == nil)
            #expect(refused["Access-Control-Allow-Methods"] == nil)
        }
    }

    /// Answers of all kinds and sizes, from kept objects and made for the moment, and by a connection that ends.
    @Test func `every answer to a page that is trusted can be read by it`() async throws {
        try await withTrust({ $0.valueBytes = 100_000 }) { live in
            try live.put("large", pattern(50_000))
            let client = try live.connect()
            func check(_ response: RawResponse, _ status: Int) {
                #expect(response.status == status)
                #expect(response["Access-Control-Allow-Origin"] == "https://app.test", "\(status)")
                #expect(response["Access-Control-Expose-Headers"]?.hasPrefix("ETag, Link, Latchkey-TTL") == true)
            }
            check(try client.put("a", [1, 2], Self.trusted), 201)
            check(try client.put("a", [1, 2], Self.trusted), 204)
            for (method, target, fields, status) in [
                ("GET", "/keys/a", "", 200), ("GET", "/keys/large", "", 200), ("HEAD", "/keys/large", "", 200),
                ("GET", "/keys/a", "If-None-Match: *\r\n", 304), ("GET", "/keys/a", "Range: bytes=1-\r\n", 206),
                ("GET", "/keys/a", "Range: bytes=9-\r\n", 416), ("GET", "/keys/none", "", 404),
                ("GET", "/keys/a", "If-Match: \"x\"\r\n", 412), ("GET", "/keys", "", 200), ("GET", "/none", "", 404),
                ("PATCH", "/keys/a", "", 405), ("BREW", "/keys/a", "", 501), ("GET", "/metrics", "", 200),
                ("GET", "/keys/a", "If-None-Match: *\r\nPrefer: wait=1\r\n", 304), ("DELETE", "/keys/a", "", 204),
            ] { check(try client.exchange(method, target, Self.trusted + fields), status) }
            let timed = try client.exchange("GET", "/keys/large", Self.trusted + "Prefer: timing\r\n")
            check(timed, 200)
            #expect(timed["Server-Timing"] != nil)
            check(
                try live.exchange("PUT /keys/a HTTP/1.1\r\nHost: x\r\n\(Self.trusted)Content-Length: 100001\r\n\r\n"),
                413)
            check(try live.exchange("GET /keys/a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\(Self.trusted)\r\n"), 400)
            let cookies = "Cookie: \(String(repeating: "a=b;", count: 95))\r\n"
            check(try live.exchange("GET /keys/a HTTP/1.1\r\nHost: x\r\n\(Self.trusted)\(cookies)\r\n"), 431)
        }
    }

    @Test func `who is no page gets no further field`() async throws {
        try await withTrust { live in
            let client = try live.connect()
            let response = try client.put("a", [1])
            #expect(response["Vary"] == nil)
            #expect(response["Access-Control-Allow-Origin"] == nil)
            let other = try client.exchange("GET", "/keys/a", Self.crossSite)
            #expect(other["Vary"] == "Origin")
            #expect(other["Access-Control-Allow-Origin"] == nil)
            #expect(try client.exchange("DELETE", "/keys/a", Self.crossSite).status == 403)
        }
    }

    @Test func `another host is not answered to, and the connection lives`() async throws {
        let host = try #require(AllowedHost("x"))
        try await withServer({ $0.allowedHosts = [host] }) { live in
            let client = try live.connect()
            #expect(try client.put("a", [1]).status == 201)
            try client.send(
                "GET /keys/a HTTP/1.1\r\nHost: evil.test\r\n\r\nGET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            let refused = try client.response()
            #expect(refused.status == 421)
            #expect(try client.response().status == 200)
            #expect(try client.exchange("GET", "/keys/a").status == 200)
        }
    }
}
