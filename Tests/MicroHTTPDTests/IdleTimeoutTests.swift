import Glibc
import KeyValueStore
import MicroHTTPD
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(suiteMinutes))) struct IdleTimeoutTests {
    private static let timeout = Duration.seconds(6)
    /// Microseconds. Far below the time-out, since a busy machine lets each pause last longer, and on the test's own thread
    /// instead of a timer of the few threads that all tests share.
    private static let pause: UInt32 = 250_000

    private func withServer(_ body: @Sendable (LiveServer) async throws -> Void) async throws {
        try await MicroHTTPDTests.withServer({ $0.idleTimeout = Self.timeout }, body)
    }

    @Test func `a connection without a request is ended`() async throws {
        try await withServer { live in
            let start = ContinuousClock.now
            let (fresh, used) = (try live.connect(), try live.connect())
            #expect(try used.exchange("GET", "/livez").status == 200)
            #expect(try fresh.hasEnded())
            #expect(try used.hasEnded())
            #expect(.now - start >= Self.timeout)
        }
    }

    @Test func `a connection that is used in time stays`() async throws {
        try await withServer { live in
            let client = try live.connect()
            let start = ContinuousClock.now
            while ContinuousClock.now - start < Self.timeout * 2 {
                #expect(try client.exchange("GET", "/livez").status == 200)
                usleep(Self.pause)
            }
        }
    }

    @Test(arguments: [
        "GET", "GET /livez HTTP/1.1\r\nHost:", "PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab",
    ])
    func `a request that stops arriving is ended, and changes nothing`(beginning: String) async throws {
        try await withServer { live in
            let start = ContinuousClock.now
            let client = try live.connect()
            try client.send(beginning)
            #expect(try client.hasEnded())
            #expect(.now - start >= Self.timeout)
            #expect(live.keyCount == 0)
        }
    }

    @Test func `an upload that goes on slowly is taken`() async throws {
        try await withServer { live in
            let client = try live.connect()
            try client.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n")
            let start = ContinuousClock.now
            for _ in 0..<60 {
                try client.send("x")
                usleep(Self.pause)
            }
            #expect(ContinuousClock.now - start > Self.timeout * 2)
            #expect(try client.response().status == 201)
        }
    }

    @Test func `a client that stops reading is ended`() async throws {
        try await withServer { live in
            try live.put("a", [UInt8](repeating: 1, count: 1 << 24))
            let start = ContinuousClock.now
            let client = try live.connect(receiveBuffer: 65_536)
            try client.send("GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.head().status == 200)
            #expect(try await eventually { live.server.connectionCount == 0 })
            #expect(.now - start >= Self.timeout)
        }
    }

    @Test func `a client that reads slowly gets all of it`() async throws {
        try await withServer { live in
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
}
