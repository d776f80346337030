import HTTPMessages
import MicroHTTPD
import TestSupport
import Testing

/// What a server tells of the requests that it has, and has had.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct TrafficTests {
    @Test func `content is counted as it comes and goes, and not where there is none`() async throws {
        try await withServer { live in
            let client = try live.connect()
            let tag = try client.put("a", pattern(1000))["ETag"] ?? ""
            _ = try client.exchange("HEAD", "/keys/a")
            #expect(try client.exchange("GET", "/keys/a", "If-None-Match: \(tag)\r\n").status == 304)
            #expect(try client.exchange("GET", "/keys/a", "Range: bytes=0-99\r\n").body.count == 100)
            #expect(try client.exchange("GET", "/keys/a").body.count == 1000)
            #expect(try eventually { live.server.traffic.responseBodyBytes == 1100 })
            #expect(live.server.traffic.requestBodyBytes == 1000)
            #expect(live.server.traffic.requestsInFlight == 0)
        }
    }

    @Test func `every request is among the durations of its method`() async throws {
        try await withServer { live in
            let client = try live.connect()
            for _ in 0..<3 { _ = try client.put("a", [1]) }
            for _ in 0..<2 { _ = try client.exchange("GET", "/keys/none") }
            _ = try client.exchange("OPTIONS", "/")
            _ = try client.exchange("BREW", "/")
            let expected: [Method: UInt64] = [.put: 3, .get: 2, .unknown: 2]
            #expect(try eventually { live.counts == expected })
            for (method, durations) in live.durations { #expect(durations.nanoseconds > 1000, "\(method)") }
        }
    }

    @Test func `a duration lasts until the reader has all of it, and the bytes are in flight until then`() async throws
    {
        let count = 12 << 20
        try await withServer { live in
            try live.put("a", pattern(count))
            let reader = try live.connect(receiveBuffer: 4096)
            try reader.send("GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try eventually { live.server.traffic.responseBytesInFlight == count })
            #expect(try eventually { live.server.traffic.requestsInFlight == 1 })
            #expect(live.durations[.get] == nil)
            // Replaced meanwhile, it is still kept for its reader.
            try live.put("a", [1])
            #expect(live.server.traffic.responseBytesInFlight == count)
            #expect(try reader.response().body.count == count)
            #expect(try eventually { live.server.traffic.responseBytesInFlight == 0 })
            #expect(live.server.traffic.requestsInFlight == 0)
            #expect(live.durations[.get]?.count == 1)
        }
    }

    @Test(arguments: [
        "GET /keys/a HTTP/1.1\r\nHos", "PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsome",
    ])
    func `a request whose client leaves is in flight until then, and has no duration`(start: String) async throws {
        try await withServer { live in
            var client: RawClient? = try live.connect()
            try client?.send(start)
            #expect(try eventually { live.server.traffic.requestsInFlight == 1 })
            client = nil
            #expect(try eventually { live.server.connectionCount == 0 })
            #expect(live.server.traffic.requestsInFlight == 0)
            #expect(live.durations.isEmpty)
        }
    }

    @Test func `a reader that leaves gives back what was in flight, and has not received it`() async throws {
        try await withServer { live in
            try live.put("a", pattern(12 << 20))
            var reader: RawClient? = try live.connect(receiveBuffer: 4096)
            try reader?.send("GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try eventually { live.server.traffic.responseBytesInFlight > 0 })
            reader = nil
            #expect(try eventually { live.server.traffic.responseBytesInFlight == 0 })
            #expect(live.server.traffic.responseBodyBytes == 0)
        }
    }

    @Test func `a request that waits for a change is in flight, and has no duration`() async throws {
        try await withServer { live in
            let tag = try live.put("a", [1])["ETag"] ?? ""
            let client = try live.connect()
            try client.send("GET /keys/a HTTP/1.1\r\nHost: x\r\nIf-None-Match: \(tag)\r\nPrefer: wait=60\r\n\r\n")
            #expect(try eventually { live.server.waitingCount == 1 && live.server.traffic.requestsInFlight == 1 })
            try live.put("a", [2])
            #expect(try client.response().body == [2])
            #expect(try eventually { live.server.traffic.requestsInFlight == 0 })
            #expect(live.durations[.get] == nil)
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400), ("GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505),
        ("GET / HTTP/1.1\r\nHost: x\r\nA: \(String(repeating: "a", count: 20_000))\r\n\r\n", 431),
        ("GET /\(String(repeating: "a", count: 20_000)) HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        ("PUT /keys/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    ])
    func `a reply that the engine makes by itself is counted`(request: String, status: Int) async throws {
        try await withServer { live in
            #expect(try live.exchange(request).status == status)
            let counts = live.server.requestCounts
            try #require(counts.count == 1)
            #expect(counts[0].method == .unknown && counts[0].route == .none)
            #expect(counts[0].status.code == status && counts[0].count == 1)
            #expect(try eventually { live.server.traffic.requestsInFlight == 0 })
        }
    }

    @Test func `whoever asks is told how long the request waited for locks`() async throws {
        try await withServer { live in
            let client = try live.connect()
            let put = try client.put("a", [1], "Prefer: timing\r\n")
            #expect(put["Server-Timing"] == "lock;dur=0.000000")
            let cases: [(String, String, Bool)] = [
                ("a", "Prefer: respond-async, timing\r\n", true), ("none", "Prefer: timing\r\n", true),
                ("a", "", false),
                ("a", "Prefer: wait=1\r\n", false), ("a", "Prefer: timing=no\r\n", false),
            ]
            for (path, preference, isTold) in cases {
                let timing = try client.exchange("GET", "/keys/\(path)", preference)["Server-Timing"]
                #expect((timing != nil) == isTold, "\(path) \(preference)")
            }
        }
    }
}

extension LiveServer {
    fileprivate var counts: [Method: UInt64] { durations.mapValues(\.count) }

    /// The requests that are over, by method.
    fileprivate var durations: [Method: (count: UInt64, nanoseconds: UInt64)] {
        Dictionary(
            uniqueKeysWithValues: server.requestDurations.map { ($0.method, ($0.buckets.reduce(0, +), $0.nanoseconds)) }
        )
    }
}
