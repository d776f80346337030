import MicroHTTPD
import TestSupport
import Testing

/// Many requests on one connection, in whatever pieces they come.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct ConnectionTests {
    @Test func `pipelined requests are answered in order`() async throws {
        try await withServer { live in
            let client = try live.connect()
            for number in 0..<100 { try live.put("k\(number)", Array("value \(number)".utf8)) }
            try client.send((0..<100).map { "GET /keys/k\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
            for number in 0..<100 { #expect(try client.response().text == "value \(number)") }
        }
    }

    @Test func `pipelined writes, reads and errors see each other in order`() async throws {
        try await withServer { live in
            let client = try live.connect()
            try client.send(
                "PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
                    + "GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n" + "GET /keys/%zz HTTP/1.1\r\nHost: x\r\n\r\n"
                    + "PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ntwo"
                    + "GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n" + "DELETE /keys/a HTTP/1.1\r\nHost: x\r\n\r\n"
                    + "GET /keys/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let responses = try (0..<7).map { _ in try client.response() }
            #expect(responses.map(\.status) == [201, 200, 400, 204, 200, 204, 404])
            #expect(responses[1].text == "one")
            #expect(responses[4].text == "two")
            #expect(responses[6]["Connection"] == "close")
            #expect(try client.hasEnded())
        }
    }

    @Test func `requests may come byte by byte`() async throws {
        try await withServer { live in
            let client = try live.connect()
            let requests =
                "PUT /keys/a%41 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
                + "GET /keys/aA HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"z\"\r\n\r\n"
            for byte in requests.utf8 { try client.send([byte]) }
            #expect(try client.response().status == 201)
            #expect(try client.response().text == "body")
        }
    }

    @Test(arguments: [
        "Content-Length: 9\r\n\r\nsome body",
        "Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n5\r\n body\r\n0\r\nT: t\r\n\r\n",
    ])
    func `an upload may be cut at any place`(content: String) async throws {
        try await withServer { live in
            let request = Array("PUT /keys/a%2Fb HTTP/1.1\r\nHost: x\r\nContent-Type: text/x\r\n\(content)".utf8)
            for place in 1..<request.count {
                let client = try live.connect()
                try client.send(Array(request[..<place]))
                // Answered on another connection, so the server has had time to read the first part.
                #expect(try live.get("none").status == 404)
                try client.send(Array(request[place...]))
                #expect(try client.response().status == (place == 1 ? 201 : 204))
            }
            #expect(live.stored(Array("a/b".utf8)) == Array("some body".utf8))
        }
    }

    @Test func `a connection serves a thousand requests`() async throws {
        try await withServer { live in
            let client = try live.connect()
            for number in 0..<500 {
                let value = pattern(number * 7, seed: UInt64(number))
                #expect(try client.put("k", value).status == (number == 0 ? 201 : 204))
                #expect(try client.exchange("GET", "/keys/k").body == value)
            }
            #expect(live.server.connectionCount == 1)
        }
    }

    @Test func `HTTP 1_0 ends the connection unless it is asked to keep it`() async throws {
        try await withServer { live in
            try live.put("a", [1])
            let once = try live.connect()
            try once.send("GET /keys/a HTTP/1.0\r\n\r\n")
            #expect(try once.response().body == [1])
            #expect(try once.hasEnded())
            let kept = try live.connect()
            for _ in 0..<2 {
                try kept.send("GET /keys/a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
                let response = try kept.response()
                #expect(response.body == [1])
                #expect(response["Connection"] == "Keep-Alive")
            }
        }
    }

    @Test func `a connection at its own wish ends after the answer`() async throws {
        try await withServer { live in
            let client = try live.connect()
            let response = try client.exchange("GET", "/livez", "Connection: close\r\n")
            #expect(response["Connection"] == "close")
            #expect(try client.hasEnded())
            #expect(try eventually { live.server.connectionCount == 0 })
        }
    }

    @Test func `connections beyond the limit are told to come again, and those within go on`() async throws {
        try await withServer({ $0.maximumConnections = 3 }) { live in
            let inside = try (0..<3).map { _ in try live.connect() }
            for client in inside { #expect(try client.exchange("GET", "/livez").status == 200) }
            for count in 1...5 as ClosedRange<UInt64> {
                let outside = try live.connect()
                let response = try outside.response()
                #expect(response.statusLine == "HTTP/1.1 503 Service Unavailable")
                #expect(response["Retry-After"] == "1")
                #expect(response["Cache-Control"] == "no-cache")
                #expect(response["Connection"] == "close")
                #expect(response.text == "the limit of 3 connections is reached\n")
                #expect(try outside.hasEnded())
                #expect(live.rejections("connections") == count)
            }
            for client in inside.dropFirst() { #expect(try client.exchange("GET", "/livez").status == 200) }
            _ = try inside[0].exchange("GET", "/livez", "Connection: close\r\n")
            #expect(try inside[0].hasEnded())
            #expect(try eventually { live.server.connectionCount == 2 })
            #expect(try live.exchange("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
        }
    }
}
