import Glibc
import LatchkeyClient
import TestSupport
import Testing

/// `latchkey watch` against the server itself.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct ServedWatchTests {
    /// How long being told of a change may take: of the order of a put and a get of a key that nobody watches, however
    /// busy this machine is.
    private static func promptly(_ curl: Curl) throws -> Duration {
        let times = try (0..<5).map { _ in
            let start = ContinuousClock.now
            _ = try curl.put("unwatched", "x")
            #expect(try curl.latchkey("get", "unwatched").output == "x")
            return ContinuousClock.now - start
        }
        return times.sorted()[2] * 3 + .seconds(1)
    }

    /// How many waits may have run out since `start`. None, unless this machine is so busy that a step takes as long as one.
    private static func mostRunOut(since start: ContinuousClock.Instant) -> Int {
        Int((ContinuousClock.now - start) / .seconds(KeyWatch.waitSeconds))
    }

    @Test func `each put wakes a watch, which asks for nothing meanwhile`() async throws {
        try await withCurl { curl in
            var expected = ["\(try curl.put("k", "")) 0"]
            let begin = ContinuousClock.now
            let watch = try curl.latchkey(["watch", "k"])
            #expect(try watch.lines(1) == expected)
            var delays: [Duration] = []
            for size in 1...5 {
                try curl.waitUntilWaiting()
                let start = ContinuousClock.now
                expected.append("\(try curl.put("k", String(repeating: "x", count: size))) \(size)")
                #expect(try watch.lines(expected.count) == expected)
                delays.append(.now - start)
            }
            #expect(delays.sorted()[2] <= (try Self.promptly(curl)))
            #expect(try curl.requestCount(route: "/keys/{key}", code: 304) <= Self.mostRunOut(since: begin))
            watch.signal(SIGINT)
            #expect(try watch.outcome().code == 128 + SIGINT)
        }
    }

    @Test func `a delete and an expiry are told as "deleted", and what comes after them too`() async throws {
        try await withCurl { curl in
            let begin = ContinuousClock.now
            let watch = try curl.latchkey(["watch", "k", "--count", "6"])
            var expected = ["deleted"]
            #expect(try watch.lines(1) == expected)
            try curl.waitUntilWaiting()
            var start = ContinuousClock.now
            expected.append("\(try curl.put("k", "one")) 3")
            #expect(try watch.lines(2) == expected)
            #expect(.now - start <= (try Self.promptly(curl)))

            try curl.waitUntilWaiting()
            start = .now
            #expect(try curl.latchkey("delete", "k").code == 0)
            expected.append("deleted")
            #expect(try watch.lines(3) == expected)
            let delay = ContinuousClock.now - start
            #expect(delay <= (try Self.promptly(curl)))

            try curl.waitUntilWaiting()
            expected.append("\(try curl.put("k", "three")) 5")
            #expect(try watch.lines(4) == expected)
            try curl.waitUntilWaiting()
            start = .now
            expected.append("\(try curl.put("k", "", "--ttl", "2")) 0")
            #expect(try watch.lines(5) == expected)
            expected.append("deleted")
            #expect(try watch.lines(6) == expected)
            let lifetime = ContinuousClock.now - start
            #expect(lifetime >= .seconds(2))
            #expect(lifetime <= .seconds(2) + (try Self.promptly(curl)))
            #expect(try watch.outcome().code == 0)
            let runOut = Self.mostRunOut(since: begin)
            #expect(try curl.requestCount(route: "/keys/{key}", code: 304) <= runOut)
            // The first look, the delete and the expiry: who waits for a key to come asks once.
            let misses = try curl.requestCount(route: "/keys/{key}", code: 404)
            #expect((3...3 + runOut).contains(misses))
        }
    }

    @Test func `a watch prints values, and ends when the server does`() async throws {
        try await blocking {
            let (server, port) = try Program.serving()
            let url = "http://127.0.0.1:\(port)"
            #expect(try Program.run(["put", "k", "/dev/null", "--url", url]).code == 0)
            let watch = try Program(["watch", "k", "--values", "--url", url])
            #expect(try watch.output { !$0.isEmpty } == [UInt8(ascii: "\n")])
            server.signal(SIGTERM)
            #expect(try server.outcome().isGraceful)
            let outcome = try watch.outcome()
            #expect(outcome.code == 1)
            #expect(outcome.output == "\n")
            #expect(isOneLine(outcome.errors, with: "Connection refused"))
        }
    }
}
