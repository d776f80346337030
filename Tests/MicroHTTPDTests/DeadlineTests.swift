import Glibc
import KeyValueStore
import MicroHTTPD
import Sockets
import TestSupport
import Testing

/// That connections are ended when a step takes too long, and not before.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct DeadlineTests {
    private static let timeout = Duration.seconds(4)
    /// Microseconds. Far below the time-out, since a busy machine lets each pause last longer, and on the test's own thread
    /// instead of a timer of the few threads that all tests share.
    private static let pause: UInt32 = 250_000

    private func withServer(
        _ deadlines: HTTPServer.Deadlines, _ body: @Sendable (LiveServer) async throws -> Void
    ) async throws {
        try await MicroHTTPDTests.withServer({ $0.deadlines = deadlines }, body)
    }

    /// Has 408 said, once, and the connection closed, not before the time-out.
    private func expectTimeout(
        of client: RawClient, since start: ContinuousClock.Instant, _ explanation: String
    ) throws {
        let response = try client.response()
        #expect(.now - start >= Self.timeout)
        #expect(response.statusLine == "HTTP/1.1 408 Request Timeout")
        #expect(response["Connection"] == "close")
        #expect(response["Content-Type"] == "text/plain; charset=utf-8")
        #expect(response.text == explanation + "\n")
        #expect(try client.hasEnded())
    }

    @Test func `a connection without a request is ended when it was idle for too long, without a word`() async throws {
        try await withServer(.long(idle: Self.timeout)) { live in
            let start = ContinuousClock.now
            let (fresh, used) = (try live.connect(), try live.connect())
            #expect(try used.exchange("GET", "/livez").status == 200)
            #expect(try fresh.hasEnded())
            #expect(try used.hasEnded())
            #expect(.now - start >= Self.timeout)
        }
    }

    @Test func `a connection that is used in time stays`() async throws {
        try await withServer(.everything(Self.timeout)) { live in
            let client = try live.connect()
            let start = ContinuousClock.now
            while ContinuousClock.now - start < Self.timeout * 2 {
                #expect(try client.exchange("GET", "/livez").status == 200)
                #expect(try client.put("a", [1]).status < 300)
                usleep(Self.pause)
            }
        }
    }

    @Test(arguments: ["G", "GET /livez HTTP/1.1\r", "GET /livez HTTP/1.1\r\nHost:"])
    func `a head that stops arriving is answered 408, on a new connection and on a used one`(beginning: String)
        async throws
    {
        try await withServer(.long(head: Self.timeout)) { live in
            let (fresh, used) = (try live.connect(), try live.connect())
            #expect(try used.exchange("GET", "/livez").status == 200)
            // What comes within the tick of a clock after an answer is not told from what came before it.
            usleep(Self.pause)
            let start = ContinuousClock.now
            try fresh.send(beginning)
            try used.send(beginning)
            for client in [fresh, used] {
                try expectTimeout(of: client, since: start, "the request's head did not arrive in time")
            }
            #expect(live.rejections("header_timeout") == 2)
        }
    }

    @Test func `a head of which a byte comes now and then is answered 408 all the same`() async throws {
        try await withServer(.long(head: Self.timeout)) { live in
            let start = ContinuousClock.now
            let client = try live.connect()
            for byte in "GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: \(String(repeating: "y", count: 200))".utf8 {
                if client.connection.hasInput { break }
                try client.send([byte])
                usleep(Self.pause)
            }
            try expectTimeout(of: client, since: start, "the request's head did not arrive in time")
        }
    }

    @Test func `content that stops arriving is answered 408, and nothing is stored`() async throws {
        try await withServer(.long(content: Self.timeout, minimumRate: 1024)) { live in
            let start = ContinuousClock.now
            let announced = try live.connect()
            try announced.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
            let chunked = try live.connect()
            try chunked.send("PUT /keys/b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
            for client in [announced, chunked] {
                try expectTimeout(of: client, since: start, "the request's content came too slowly")
            }
            #expect(live.keyCount == 0)
            #expect(live.rejections("body_timeout") == 2)
        }
    }

    @Test func `content below the least rate is answered 408, and above it is taken`() async throws {
        try await withServer(.long(content: Self.timeout, minimumRate: 100)) { live in
            let (slow, quick) = (try live.connect(), try live.connect())
            let start = ContinuousClock.now
            let head = "HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
            try slow.send("PUT /keys/slow \(head)")
            try quick.send("PUT /keys/quick \(head)")
            var sent = 0
            while !slow.connection.hasInput {
                try slow.send("x")
                try quick.send([UInt8](repeating: 1, count: 1000))
                sent += 1000
                usleep(Self.pause)
            }
            try expectTimeout(of: slow, since: start, "the request's content came too slowly")
            try quick.send([UInt8](repeating: 1, count: 100_000 - sent))
            #expect(try quick.response().status == 201)
            #expect(live.keyCount == 1)
        }
    }

    @Test func `an upload that goes on slowly is taken, unless all of it takes too long`() async throws {
        try await withServer(.long(request: Self.timeout * 3, content: Self.timeout)) { live in
            let (short, long) = (try live.connect(), try live.connect())
            let start = ContinuousClock.now
            try short.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n")
            try long.send("PUT /keys/b HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n")
            for _ in 0..<40 where !short.connection.hasInput {
                try short.send("x")
                try long.send("x")
                usleep(Self.pause)
            }
            if ContinuousClock.now - start < Self.timeout * 3 {
                #expect(try short.response().status == 201)
            }
            while !long.connection.hasInput {
                try long.send("x")
                usleep(Self.pause)
            }
            try expectTimeout(of: long, since: start, "the request did not arrive in time")
            #expect(.now - start >= Self.timeout * 3)
            #expect(live.rejections("request_timeout") ?? 0 >= 1)
        }
    }

    @Test func `a client that stops reading is cut off`() async throws {
        try await withServer(.long(answer: Self.timeout)) { live in
            try live.put("a", [UInt8](repeating: 1, count: 1 << 24))
            let start = ContinuousClock.now
            let client = try live.connect(receiveBuffer: 65_536)
            try client.send("GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.head().status == 200)
            #expect(try eventually { live.server.connectionCount == 0 })
            #expect(.now - start >= Self.timeout)
            #expect(live.rejections("write_timeout") == 1)
            // Not as if the answer had come to its end.
            #expect(throws: (any Error).self) { while try client.bytes(1 << 16).count > 0 {} }
        }
    }

    @Test func `a client that reads slowly gets all of it, above the least rate`() async throws {
        try await withServer(.long(answer: Self.timeout, minimumRate: 1024)) { live in
            let value = [UInt8](repeating: 1, count: 1 << 22)
            try live.put("a", value)
            let client = try live.connect(receiveBuffer: 65_536)
            try client.send("GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try client.head()
            let start = ContinuousClock.now
            var count = 0
            while count < value.count {
                count += try client.bytes(1 << 16).count
                usleep(Self.pause)
            }
            #expect(count == value.count)
            #expect(ContinuousClock.now - start > Self.timeout * 2)
        }
    }

    @Test func `hundreds of late clients are ended together, and others are served meanwhile`() async throws {
        try await MicroHTTPDTests.withServer({
            $0.deadlines = .everything(Self.timeout)
            $0.deadlines.request = longEnough
            $0.maximumConnections = 1_000
        }) { live in
            try live.put("a", [UInt8](repeating: 1, count: 1 << 22))
            let heads = try (0..<300).map { _ in try live.connect() }
            let uploads = try (0..<100).map { _ in try live.connect() }
            let readers = try (0..<30).map { _ in try live.connect(receiveBuffer: 4096) }
            for client in heads { try client.send("GET /keys/a HTTP/1.1\r\nHo") }
            for client in uploads { try client.send("PUT /keys/b HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab") }
            for client in readers { try client.send("GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n") }
            while live.server.connectionCount > 0 {
                #expect(try live.get("missing").status == 404)
                usleep(Self.pause)
            }
            for client in heads + uploads { #expect(try client.response().status == 408) }
            #expect(live.rejections("header_timeout") == 300)
            #expect(live.rejections("body_timeout") == 100)
            #expect(live.rejections("write_timeout") == 30)
            #expect(live.server.traffic.requestsInFlight == 0)
            #expect(live.server.traffic.responseBytesInFlight == 0)
        }
    }
}
