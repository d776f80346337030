import TestSupport
import Testing

@testable import MicroHTTPD

/// What comes with content, and leave to send it, on the wire.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LiveContentTests {
    @Test(arguments: [
        ("Content-Encoding: gzip\r\n", "gzip"), ("content-encoding: br, gzip\r\n", "br, gzip"),
        ("Content-Encoding: gzip,br\r\n", "gzip, br"), ("Content-Encoding: a\r\nContent-Encoding: b\r\n", "a, b"),
        ("", nil), ("Content-Encoding: \r\n", nil),
    ])
    func `a content encoding comes back with the bytes as they were`(fields: String, encoding: String?) async throws {
        try await withServer { live in
            let client = try live.connect()
            #expect(try client.put("a", pattern(5_000), fields).status == 201)
            for method in ["GET", "HEAD"] {
                // Whatever the client would take: nothing is unpacked.
                let response = try client.exchange(method, "/keys/a", "Accept-Encoding: identity\r\n")
                #expect(response.status == 200)
                #expect(response["Content-Encoding"] == encoding)
                #expect(response["Content-Length"] == "5000")
                #expect(response.body == (method == "GET" ? pattern(5_000) : []))
            }
            let part = try client.exchange("GET", "/keys/a", "Range: bytes=0-9\r\n")
            #expect(part["Content-Encoding"] == encoding)
            #expect(try client.put("a", [1]).status == 204)
            #expect(try client.exchange("GET", "/keys/a")["Content-Encoding"] == nil)
        }
    }

    @Test(arguments: [
        "Content-Encoding: gz ip\r\n", "Content-Encoding: ,\r\n", "Content-Encoding: gzip;q=1\r\n",
        "Latchkey-Meta-: x\r\n",
    ])
    func `what is no list of tokens, and metadata without a name, is refused`(fields: String) async throws {
        try await withServer { live in
            let client = try live.connect()
            #expect(try client.put("a", [1], fields).status == 400)
            #expect(live.keyCount == 0)
        }
    }

    @Test(arguments: [
        ("PUT", "/nope", "HTTP/1.1 404 Not Found"), ("PUT", "/metrics", "HTTP/1.1 405 Method Not Allowed"),
        ("POST", "/keys", "HTTP/1.1 405 Method Not Allowed"), ("PATCH", "/keys/a", "HTTP/1.1 405 Method Not Allowed"),
        ("BREW", "/keys/a", "HTTP/1.1 501 Not Implemented"), ("BREW", "/nope", "HTTP/1.1 501 Not Implemented"),
    ])
    func `no leave to send is given where it would be for nothing`(
        method: String, target: String, statusLine: String
    ) async throws {
        try await withServer { live in
            for length in ["Content-Length: 10\r\n", "Transfer-Encoding: chunked\r\n"] {
                let client = try live.connect()
                try client.send("\(method) \(target) HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\(length)\r\n")
                #expect(try client.response().statusLine == statusLine)
                #expect(try client.hasEnded())
                // Who does not ask is answered at the end, and goes on, unless the content came in chunks that are not read strictly.
                let other = try live.connect()
                try other.send("\(method) \(target) HTTP/1.1\r\nHost: x\r\n\(length)\r\n")
                try other.send(length.hasPrefix("T") ? "1\r\nx\r\n0\r\n\r\n" : "0123456789")
                #expect(try other.response().statusLine == statusLine)
                if length.hasPrefix("T") && !Engine.current.readsChunksStrictly {
                    #expect(try other.hasEnded())
                } else {
                    #expect(try other.exchange("GET", "/livez").status == 200)
                }
            }
        }
    }

    @Test func `caches are told to ask again for pages and errors, and what Accept decides`() async throws {
        try await withServer { live in
            let client = try live.connect()
            for (target, vary) in [
                ("/livez", nil), ("/", "Accept, Accept-Encoding"), ("/metrics", "Accept, Accept-Encoding"),
                ("/keys", "Accept"), ("/keys/none", "Accept"),
                ("/nope", "Accept"), ("/batch", "Accept"),
            ] {
                for method in ["GET", "HEAD"] {
                    let response = try client.exchange(method, target)
                    #expect(response["Cache-Control"] == "no-cache", "\(method) \(target)")
                    #expect(response["Vary"] == vary, "\(method) \(target)")
                }
            }
            let stored = try client.put("a", [1])
            #expect(stored["Cache-Control"] == nil && stored["Vary"] == nil)
        }
    }
}
