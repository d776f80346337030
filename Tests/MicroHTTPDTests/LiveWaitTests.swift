import KeyValueStore
import Locks
import MicroHTTPD
import TestSupport
import Testing

/// A request that waits for its key to change (RFC 7240 section 4.3).
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LiveWaitTests {
    @Test(
        arguments: [
            ("PUT", "/keys/a", 200, "new"), ("PUT", "/keys/a?ttl=1000", 200, "new"), ("DELETE", "/keys/a", 404, nil),
            ("POST", "/keys/a?op=incr", 200, "8"), ("POST", "/keys/a?op=append", 200, "7new"),
            ("POST", "/keys/a?op=getset", 200, "new"), ("POST", "/keys/a?op=getdel", 404, nil),
            ("POST", "/keys/a?op=touch&ttl=0.05", 404, nil), ("DELETE", "/keys?prefix=a", 404, nil),
            ("POST", "/batch", 200, "new"),
        ] as [(String, String, Int, String?)])
    func `whatever changes the key ends the wait`(method: String, target: String, status: Int, text: String?)
        async throws
    {
        try await withServer { live in
            _ = try live.put("a", Array("7".utf8))
            let waiter = try await live.waiters(1)[0]
            let content = target == "/batch" ? "PUT a 3\nnew\n" : ["PUT", "POST"].contains(method) ? "new" : ""
            let done = try live.connect().exchange(method, target, content: Array(content.utf8))
            #expect([200, 204].contains(done.status))
            let response = try waiter.response()
            #expect(response.status == status)
            #expect(response["Preference-Applied"] == "wait=300")
            if let text {
                #expect(response.text == text)
                #expect(response["ETag"] == #""abc-2""#)
            }
            // The connection goes on.
            #expect(try waiter.exchange("GET", "/livez").status == 200)
        }
    }

    @Test func `a time that ends ends the wait, though nobody sweeps`() async throws {
        try await withServer { live in
            let client = try live.connect()
            let before = ContinuousClock.now
            _ = try client.put("a?ttl=0.6", [1])
            let response = try client.exchange("GET", "/keys/a", "If-None-Match: *\r\nPrefer: wait=300\r\n")
            #expect(response.status == 404)
            // Nobody has the patience to wait for the 300 s.
            #expect(ContinuousClock.now - before >= .milliseconds(600))
        }
    }

    @Test func `what leaves the tag as it is does not end the wait`() async throws {
        try await withServer { live in
            try live.put("a", [1])
            let waiter = try await live.waiters(1)[0]
            let client = try live.connect()
            #expect(try client.exchange("POST", "/keys/a?op=touch&ttl=1000").status == 204)
            #expect(try client.put("b", [1]).status == 201)
            #expect(try client.put("a", [2], "If-None-Match: *\r\n").status == 412)
            _ = live.store.sweep()
            #expect(try eventually { live.server.waitingCount == 1 })
            #expect(try client.put("a", [3]).status == 204)
            #expect(try waiter.response().body == [3])
        }
    }

    @Test func `nothing new is 304 when the time is over, and not before`() async throws {
        try await withServer { live in
            try live.put("a", [1])
            let client = try live.connect()
            let before = ContinuousClock.now
            let response = try client.exchange("GET", "/keys/a", "If-None-Match: \"abc-1\"\r\nPrefer: wait=1\r\n")
            #expect(ContinuousClock.now - before >= .seconds(1))
            #expect(response.statusLine == "HTTP/1.1 304 Not Modified")
            #expect(response["Preference-Applied"] == "wait=1")
            #expect(response["ETag"] == #""abc-1""#)
            #expect(try client.exchange("GET", "/keys/a").body == [1])
        }
    }

    @Test(arguments: [
        ("GET", "If-None-Match: \"abc-1\"\r\nPrefer: wait=0\r\n", 304),
        ("GET", "If-None-Match: \"abc-1\"\r\nPrefer: wait=soon\r\n", 304),
        ("HEAD", "Prefer: wait=300\r\n", 200),
        ("GET", "If-None-Match: \"abc-7\"\r\nPrefer: wait=300\r\n", 200), ("GET", "Prefer: wait=300\r\n", 200),
        ("GET", "If-Match: \"abc-7\"\r\nIf-None-Match: \"abc-1\"\r\nPrefer: wait=300\r\n", 412),
        ("DELETE", "If-None-Match: \"abc-1\"\r\nPrefer: wait=300\r\n", 412),
    ])
    func `where there is nothing to wait for, the answer comes at once`(method: String, fields: String, status: Int)
        async throws
    {
        try await withServer { live in
            try live.put("a", [1])
            let client = try live.connect()
            let response = try client.exchange(method, "/keys/a", fields)
            #expect(response.status == status)
            #expect(response["Preference-Applied"] == nil)
            let missing = try client.exchange("GET", "/keys/none", "If-None-Match: *\r\nPrefer: wait=300\r\n")
            #expect(missing.status == 404)
        }
    }

    @Test func `5,000 who wait for one key are all answered after one write`() async throws {
        try requireDescriptors()
        let count = sized(5_000, underThreadSanitizer: 500)
        let fewer = try await timeToAnswer(count / 4)
        let all = try await timeToAnswer(count)
        print("\(count / 4) who waited were answered in \(fewer), \(count) in \(all)")
        // Four times as long, where each costs the same; sixteen times, where each costs a look at all others.
        #expect(all <= fewer * 8 + .seconds(2))
    }

    /// How long so many wait for their answers after one write.
    private func timeToAnswer(_ count: Int) async throws -> Duration {
        let time = AnnotatedMutex(Duration.zero)
        try await withServer({ $0.maximumConnections = count + 10 }) { live in
            try live.put("a", [1])
            let tag = try #require(try live.put("b", [1])["ETag"])
            let other = try await live.waiters(1, key: "b", tag: tag)[0]
            let clients = try await live.waiters(count)
            let start = ContinuousClock.now
            #expect(try live.put("a", pattern(100)).status == 204)
            for client in clients {
                let response = try client.response()
                guard response.status == 200, response.body == pattern(100) else {
                    throw Unexpected("a waiter was told \(response)")
                }
            }
            time.withLock { $0 = .now - start }
            #expect(live.server.waitingCount == 1)
            #expect(try live.put("b", [2]).status == 204)
            #expect(try other.response().body == [2])
        }
        return time.withLock { $0 }
    }

    @Test func `every change is seen by those who wait again and again`() async throws {
        try await withServer { live in
            try live.put("a", Array("0".utf8))
            try await eachOnItsOwn(9) { number in
                let client = try live.connect()
                if number == 0 {
                    for value in 1...100 { _ = try client.put("a", Array("\(value)".utf8)) }
                    return
                }
                var (last, tag) = (-1, "\"none\"")
                while last < 100 {
                    let response = try client.exchange("GET", "/keys/a", "If-None-Match: \(tag)\r\nPrefer: wait=60\r\n")
                    let value = try #require(Int(response.text))
                    #expect(value > last)
                    (last, tag) = (value, try #require(response["ETag"]))
                }
            }
        }
    }

    @Test func `clients that leave end their waits, and nobody else's`() async throws {
        try await withServer { live in
            try live.put("a", [1])
            let staying = try await live.waiters(1)[0]
            do { _ = try await live.waiters(50) }
            #expect(try eventually { live.server.connectionCount == 1 })
            #expect(live.server.waitingCount == 1)
            try live.put("a", [2])
            #expect(try staying.response().body == [2])
        }
    }

    @Test func `a drain answers those who wait at once, with what they know`() async throws {
        try await withServer { live in
            try live.put("a", [1])
            let clients = try await live.waiters(50)
            async let drained = live.server.drain(timeout: patience)
            for client in clients {
                let response = try client.response()
                #expect(response.status == 304)
                #expect(response["Preference-Applied"] == "wait=300")
                #expect(response["Connection"] == "close")
                #expect(try client.hasEnded())
            }
            #expect(await drained)
        }
    }

    @Test func `pipelined requests are answered after the one that waits`() async throws {
        try await withServer { live in
            try live.put("a", [1])
            let wait = "If-None-Match: \"abc-1\"\r\nPrefer: wait=300\r\n\r\n"
            let client = try live.connect()
            try client.send(
                "GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n" + "GET /keys/a HTTP/1.1\r\nHost: x\r\n\(wait)"
                    + "PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nown"
                    + "GET /keys/a HTTP/1.1\r\nHost: x\r\n\(wait)" + "GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().body == [1])
            #expect(try eventually { live.server.waitingCount == 1 })
            #expect(live.stored(Array("a".utf8)) == [1])
            try live.put("a", [2])
            #expect(try client.response().body == [2])
            #expect(try client.response().status == 204)
            #expect(try client.response().text == "own")
            #expect(try client.response().text == "own")
        }
    }
}

extension LiveServer {
    /// Connections with a GET each that wait until `key` has another tag than this, which is that of the first write; where
    /// it is nil, until the key has a value.
    func waiters(
        _ count: Int, _ method: String = "GET", key: String = "a", tag: String? = "\"abc-1\""
    ) async throws -> [RawClient] {
        let before = server.waitingCount
        let clients = try (0..<count).map { _ in
            let client = try connect()
            let fields = "\(tag.map { "If-None-Match: \($0)\r\n" } ?? "")Prefer: wait=300\r\n"
            try client.send("\(method) /keys/\(key) HTTP/1.1\r\nHost: x\r\n\(fields)\r\n")
            return client
        }
        guard try eventually({ server.waitingCount == before + count }) else {
            throw Unexpected("only \(server.waitingCount - before) of \(count) requests wait")
        }
        return clients
    }
}
