import Foundation
import Sockets
import TestSupport
import Testing

@testable import MicroHTTPD

/// Requests that somebody in front of the server may take for something else than the library does.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct SmugglingTests {
    /// Fields after a request line and a Host, which say in two ways how long the content is, or in none that is certain.
    private static let framings = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length : 5\r\n", "Content-Length\t: 5\r\n", "Content-Length: 0000000000000000005\r\n",
        "Transfer-Encoding : chunked\r\n", "Transfer-Encoding: \u{0b}chunked\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding: chunked;a=b\r\n", "Transfer-Encoding:\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "X: y\r\n Content-Length: 5\r\n", "X: y\r\n\tContent-Length: 5\r\n", "Content-Length:\r\n 5\r\n",
        "X: y\nContent-Length: 5\r\n", "Content-Length: 5\n", "X: y\rContent-Length: 5\r\n",
        "X: y\r\r\nContent-Length: 5\r\n", "X: y\u{0}\r\nContent-Length: 5\r\n", "X: y\u{0}Content-Length: 5\r\n",
        "X\u{0}: y\r\nContent-Length: 5\r\n", "\u{0}\r\nContent-Length: 5\r\n", "\u{0}X: y\r\nContent-Length: 5\r\n",
        "X: y\u{1}\r\nContent-Length: 5\r\n", "X: y\u{7f}\r\nContent-Length: 5\r\n", ": y\r\nContent-Length: 5\r\n",
        "X y: z\r\nContent-Length: 5\r\n", "X(y): z\r\nContent-Length: 5\r\n", "\"X\": z\r\nContent-Length: 5\r\n",
        "X\r\nContent-Length: 5\r\n", "Host: y\r\nContent-Length: 5\r\n", "host: x\r\nContent-Length: 5\r\n",
    ]

    /// Lengths that the library refuses by itself, with an answer whose head it sends twice.
    private static let noNumbers = [
        "Content-Length: +5\r\n", "Content-Length: -5\r\n", "Content-Length: 5, 5\r\n", "Content-Length: 5 5\r\n",
        "Content-Length: 0x5\r\n", "Content-Length:\r\n", "Content-Length: 5;\r\n", "Content-Length: 5\u{0b}\r\n",
    ]

    /// What is no host (RFC 9112 section 3.2).
    private static let hosts = [
        "a b", "a,b", "x, x", "[::1", "[::1]x", "[]", "::1", ":80", "x:y", "x:99999", "user@x", "x/", "x?y", "x#y",
        "http://x", "a%zz",
        "\u{fc}", "\"x\"", "localhost, localhost", "localhost:8080,localhost:8080", "x\ty",
    ]

    /// Whole heads.
    private static let heads = [
        "PUT /keys/a HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
        "PUT /keys/a HTTP/1.1\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\n",
        "PUT /keys/a HTTP/1.1\nHost: x\nContent-Length: 5\n\n",
        "PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\u{0}a\n\n",
        "PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\n:a\n",
        "PUT /keys/a HTTP/1.1\r\n Host: x\r\nContent-Length: 5\r\n\r\n",
        "PUT  /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "PUT /keys/a  HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "PUT /keys/a HTTP/1.1 \r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "PUT /keys/a b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "PUT /keys/a HTTP/1.1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "PUT /keys/a\tb HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "PUT /keys/a\rb HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "P(T /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "PUT /keys/a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "PUT /keys/a HTTP/1.0\r\nHost: x\r\nHost: y\r\nContent-Length: 5\r\n\r\n",
        "PUT /keys/a\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "PUT /keys/a#b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "PUT /keys/a?ttl=9#b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "PUT http://user@x/keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "PUT http:///keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "PUT http://x,y/keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "PUT /keys/a http/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "PUT /keys/a HTTP/1.1x\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
    ]

    @Test(
        arguments: framings.map { "PUT /keys/a HTTP/1.1\r\nHost: x\r\n\($0)\r\n" } + heads
            + hosts.map { "PUT /keys/a HTTP/1.1\r\nHost: \($0)\r\nContent-Length: 5\r\n\r\n" })
    func `one refusal, the connection ended, and nothing stored`(head: String) async throws {
        try await withServer { live in
            try live.put("other", [1])
            for smuggled in ["5\r\nvalue\r\n0\r\n\r\n", "value"] {
                let client = try live.connect()
                try client.send(head + smuggled + "DELETE /keys/other HTTP/1.1\r\nHost: x\r\n\r\n")
                let response = try client.response()
                #expect((400..<500).contains(response.status) || [501, 505].contains(response.status))
                #expect(response["Connection"]?.lowercased() == "close")
                #expect(try client.hasEnded())
                #expect(live.stored(Array("a".utf8)) == nil)
                #expect(live.stored(Array("other".utf8)) == [1])
            }
        }
    }

    /// Of which 1.0.x tells its log alone.
    @Test(arguments: ["PUT /keys/a\u{0}b", "PUT\u{0} /keys/a", "\u{0}PUT /keys/a"])
    func `a NUL in the request line ends the connection, and nothing is stored`(start: String) async throws {
        try await withServer { live in
            try live.put("other", [1])
            let client = try live.connect()
            try client.send(
                "\(start) HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nvalueDELETE /keys/other HTTP/1.1\r\nHost: x\r\n\r\n"
            )
            let received = String(decoding: try client.rest(), as: UTF8.self)
            #expect(received.hasPrefix("HTTP/1.1 400 "))
            #expect(received.components(separatedBy: "HTTP/1.1 ").count == 2)
            #expect(live.stored(Array("a".utf8)) == nil)
            #expect(live.stored(Array("other".utf8)) == [1])
        }
    }

    /// White space behind a value is no part of it (RFC 9110 section 5.5). Before 1.0 the library takes it for one.
    @Test(arguments: [
        "Content-Length: 5 \r\n\r\nvalue", "Transfer-Encoding: chunked \t\r\n\r\n5\r\nvalue\r\n0\r\n\r\n",
    ])
    func `white space behind a framing is passed over or refused, and never waited for`(upload: String) async throws {
        try await withServer { live in
            let client = try live.connect()
            let request = "PUT /keys/a HTTP/1.1\r\nHost: x\r\n\(upload)"
            try client.send(request)
            if Engine.current.headCheck == .library {
                #expect(try client.response().status == 201)
                #expect(try client.exchange("GET", "/keys/a").text == "value")
            } else {
                #expect(String(decoding: try client.rest(), as: UTF8.self).hasPrefix("HTTP/1.1 "))
                #expect(live.keyCount == 0)
            }
        }
    }

    @Test(arguments: noNumbers)
    func `what is no length is refused, the connection ended, and nothing stored`(length: String) async throws {
        try await withServer { live in
            try live.put("other", [1])
            let client = try live.connect()
            try client.send(
                "PUT /keys/a HTTP/1.1\r\nHost: x\r\n\(length)\r\nvalueDELETE /keys/other HTTP/1.1\r\nHost: x\r\n\r\n")
            let received = String(decoding: try client.rest(), as: UTF8.self)
            #expect(received.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(received.components(separatedBy: "HTTP/1.1 ").dropFirst().allSatisfy { $0.hasPrefix("400 ") })
            #expect(live.stored(Array("a".utf8)) == nil)
            #expect(live.stored(Array("other".utf8)) == [1])
        }
    }

    /// What is unusual and allowed.
    @Test(arguments: [
        "PUT /keys/a HTTP/1.1\r\nHost:\r\nContent-Length:5\r\n\r\nvalue",
        "PUT /keys/a HTTP/1.1\r\nHOST: \t x \t \r\ncontent-length: \t5\r\n\r\nvalue",
        "PUT /keys/a HTTP/1.0\r\nContent-Length: 5\r\n\r\nvalue",
        "PUT /keys/a HTTP/1.1\r\nX:\r\nX: a:b: c \r\nX-\u{60}!#$%&'*+.^_|~: \t\r\nHost: x\r\nContent-Length: 000005\r\n\r\nvalue",
        "PUT /keys/a HTTP/1.1\r\nHost: x\r\nCookie: a=b; c=\"d\"; e\r\nX: \u{e4}\u{fc}\tz\r\nContent-Length: 5\r\n\r\nvalue",
        "PUT /keys/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nvalue\r\n0\r\n\r\n",
        "\r\nPUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nvalue",
        "PUT http://x/keys/a?ttl=9 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nvalue",
        "PUT HTTPS://x:443/keys/a HTTP/1.1\r\nHost: y:1\r\nContent-Length: 5\r\n\r\nvalue",
        "PUT /keys/a HTTP/1.1\r\nHost: [::1]:8080\r\nContent-Length: 5\r\n\r\nvalue",
        "PUT /keys/a HTTP/1.1\r\nHost: my_service.svc.cluster.local:8080 \r\nContent-Length: 5\r\n\r\nvalue",
        "PUT /keys/a HTTP/1.1\r\nHost: x:\r\nContent-Length: 5\r\n\r\nvalue",
    ])
    func `what a client may say is served, in whatever pieces it comes`(request: String) async throws {
        try await withServer { live in
            let bytes = Array(request.utf8)
            for length in [bytes.count, 1, 7] {
                let client = try live.connect()
                for start in stride(from: 0, to: bytes.count, by: length) {
                    try client.send(Array(bytes[start..<min(start + length, bytes.count)]))
                }
                let response = try client.response()
                #expect([201, 204].contains(response.status), "\(response.statusLine)")
                #expect(live.stored(Array("a".utf8)) == Array("value".utf8))
            }
        }
    }

    /// The head outgrows what the library receives it in at first.
    @Test func `a long head in pieces is served`() async throws {
        try await withServer { live in
            let client = try live.connect()
            for _ in 0..<3 {
                let fields = (0..<40).map { "X-Field-\($0): \(String(repeating: "y", count: $0 * 5))\r\n" }.joined()
                let bytes = Array("GET /keys/a HTTP/1.1\r\nHost: x\r\n\(fields)\r\n".utf8)
                for start in stride(from: 0, to: bytes.count, by: 501) {
                    try client.send(Array(bytes[start..<min(start + 501, bytes.count)]))
                    // Answered on another connection, so the server has had time to read the piece.
                    #expect(try live.get("none").status == 404)
                }
                #expect(try client.response().status == 404)
            }
        }
    }

    private static let chunkedHead = "PUT /keys/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    /// Before 1.0, what follows cannot be told from trailers that the library does not show.
    @Test(arguments: [
        "5\r\nvalue\r\n0\r\n\r\n", "3\r\nval\r\n02\r\nue\r\n000\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\n\r\n",
    ])
    func `what follows an upload in chunks is the next request, or is not read`(chunks: String) async throws {
        try await withServer { live in
            let client = try live.connect()
            for status in [201, 204] {
                try client.send(Self.chunkedHead + chunks)
                let response = try client.response()
                #expect(response.names.filter { $0 == "Date" }.count == 1)
                guard Engine.current.readsChunksStrictly else {
                    #expect(response["Connection"] == "close")
                    #expect(try client.hasEnded())
                    break
                }
                #expect(response.status == status)
                #expect(response["Connection"] == nil)
                #expect(try client.exchange("GET", "/keys/a").text == "value")
            }
            #expect(live.stored(Array("a".utf8)) == Array("value".utf8))
        }
    }

    /// 1.0.0 to 1.0.9 take the end of the line for the chunk's first byte where there is an extension, and so these for well-formed.
    @Test(arguments: ["5;a\r\nvalu\r\n0\r\n\r\n", "5;a\rb\r\nvalu\r\n0\r\n\r\n", "1\r\nv\r\n5;a\r\nvalu\r\n0\r\n\r\n"])
    func `a chunk that the library shifts ends the connection`(chunks: String) async throws {
        try await withServer { live in
            try live.put("other", [1])
            for length in [1, 200] {
                let client = try live.connect()
                let bytes = Array((Self.chunkedHead + chunks + "DELETE /keys/other HTTP/1.1\r\nHost: x\r\n\r\n").utf8)
                for start in stride(from: 0, to: bytes.count, by: length) {
                    // The server may end the connection before it has all.
                    try? client.send(Array(bytes[start..<min(start + length, bytes.count)]))
                }
                let received = String(decoding: try client.rest(), as: UTF8.self)
                #expect(received.components(separatedBy: "HTTP/1.1 ").count == 2, "\(received)")
                #expect(received.lowercased().contains("\r\nconnection: close\r\n"))
                #expect(live.stored(Array("other".utf8)) == [1])
            }
        }
    }

    /// Chunks that some take for the end of the content where others do not.
    @Test(arguments: [
        "5\nvalue\r\n0\r\n\r\n", "5\r\nvalue\n0\r\n\r\n", "5\r\nvalue0\r\n\r\n", "5\r\nvaluex\r\n0\r\n\r\n",
        "5\r\nvalue\r\n0\n\r\n",
        "5\r\nvalue\r\n0\r\n\n", " 5\r\nvalue\r\n0\r\n\r\n", "+5\r\nvalue\r\n0\r\n\r\n", "-5\r\nvalue\r\n0\r\n\r\n",
        "0x5\r\nvalue\r\n0\r\n\r\n", "5g\r\nvalue\r\n0\r\n\r\n", "\r\n5\r\nvalue\r\n0\r\n\r\n",
        "5\r\r\nvalue\r\n0\r\n\r\n",
        "5;a\nvalue\r\n0\r\n\r\n", "5;\u{0}\nvalue\r\n0\r\n\r\n", "5\r\nvalue\r\n0;a\n\r\n",
        "5\r\nvalue\r\n0\r\nX: y\n\r\n",
        "5\r\nvalue\r\n0\r\nX: y\r\n\n", "5\r\nvalue\r\n0\r\n X: y\r\n\r\n", "5\r\nvalue\r\n0\r\nX: y\r\n z\r\n\r\n",
        "5\r\nvalue\r\n0\r\nX\r\n\r\n", "5\r\nvalue\r\n0\r\nX : y\r\n\r\n", "5\r\nvalue\r\n0\r\n: y\r\n\r\n",
        "5\r\nvalue\r\n0\r\n\u{0}X: y\r\n\r\n", "5\r\nvalue\r\n0\r\nX: y\rz\r\n\r\n",
        "10000000000000005\r\nvalue\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nvalue\r\n0\r\n\r\n",
    ])
    func `nothing behind chunks that are none is taken for a request`(chunks: String) async throws {
        try await withServer { live in
            try live.put("other", [1])
            let client = try live.connect()
            try client.send(Self.chunkedHead + chunks + "DELETE /keys/other HTTP/1.1\r\nHost: x\r\n\r\n")
            client.connection.finishSending()
            let received = String(decoding: try client.rest(), as: UTF8.self)
            #expect(live.stored(Array("other".utf8)) == [1])
            if Engine.current.readsChunksStrictly {
                #expect(["400", "413"].contains { received.hasPrefix("HTTP/1.1 \($0) ") }, "\(received)")
                #expect(live.stored(Array("a".utf8)) == nil)
            }
        }
    }

    @Test func `with a library that was not read, every answer ends its connection`() async throws {
        try await withServer({ $0.engine = Engine(version: "0.9.99") }) { live in
            for (request, statuses) in [
                ("PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nvalue", [201]),
                ("GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n", [200]),
                ("PUT /keys/b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nvalue", [400]),
                ("PUT /keys/b HTTP/1.1\r\nHost: x\r\nX y: z\r\nContent-Length: 5\r\n\r\nvalue", [400]),
                ("PUT /keys/b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nvalue", [400, 501]),
            ] {
                let client = try live.connect()
                try client.send(request + "DELETE /keys/a HTTP/1.1\r\nHost: x\r\n\r\n")
                let response = try client.response()
                #expect(statuses.contains(response.status))
                #expect(response["Connection"]?.lowercased() == "close")
                #expect(try client.hasEnded())
            }
            #expect(live.stored(Array("a".utf8)) == Array("value".utf8))
            #expect(live.stored(Array("b".utf8)) == nil)
        }
    }
}
