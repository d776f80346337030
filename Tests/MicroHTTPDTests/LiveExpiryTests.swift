import HTTPMessages
import KeyValueStore
import MicroHTTPD
import TestSupport
import Testing

/// Values that expire, in real time.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LiveExpiryTests {
    @Test(arguments: ["GET", "HEAD"]) func `a value is there until its time is over, and not after`(method: String)
        async throws
    {
        let time = Duration.milliseconds(400)
        try await withServer { live in
            let client = try live.connect()
            let before = ContinuousClock.now
            #expect(try client.put("a?ttl=0.4", [1]).status == 201)
            let after = ContinuousClock.now
            var isGone = false
            while !isGone {
                let asked = ContinuousClock.now
                let status = try client.exchange(method, "/keys/a").status
                if status == 200 {
                    #expect(asked < after + time)
                } else {
                    #expect(status == 404)
                    #expect(ContinuousClock.now >= before + time)
                    isGone = true
                }
            }
            // Gone for everybody, though nobody has swept yet.
            #expect(try client.exchange("DELETE", "/keys/a").status == 404)
            #expect(try client.exchange("GET", "/keys/").text.isEmpty)
            #expect(try client.exchange("POST", "/keys/a?op=getdel").status == 404)
            #expect(try client.put("a", [2], "If-Match: *\r\n").status == 412)
            #expect(try client.put("a", [2], "If-None-Match: *\r\n").status == 201)
            #expect(try client.exchange("GET", "/keys/a").body == [2])
        }
    }

    @Test func `the seconds that are left are told with the value, rounded up`() async throws {
        try await withServer { live in
            let client = try live.connect()
            _ = try client.put("long?ttl=1000.5", pattern(10))
            for (method, fields, status) in [
                ("GET", "", 200), ("HEAD", "", 200), ("GET", "Range: bytes=1-2\r\n", 206),
                ("GET", "If-None-Match: *\r\n", 304),
            ] {
                let response = try client.exchange(method, "/keys/long", fields)
                #expect(response.status == status)
                let seconds = try #require(response["Latchkey-TTL"].flatMap { Int($0) })
                #expect((900...1001).contains(seconds))
            }
            _ = try client.put("short?ttl=0.999", [1])
            let short = try client.exchange("GET", "/keys/short")
            #expect(short.status == 404 || short["Latchkey-TTL"] == "1")
            _ = try client.put("stays", [1])
            #expect(try client.exchange("GET", "/keys/stays")["Latchkey-TTL"] == nil)
            _ = try client.put("longest?ttl=315576000", [1])
            #expect(try client.exchange("GET", "/keys/longest").status == 200)
        }
    }

    @Test func `a replacement ends the time, keeps it or sets another`() async throws {
        try await withServer { live in
            let client = try live.connect()
            func seconds(after query: String) throws -> Int? {
                #expect([201, 204].contains(try client.put("a\(query)", [1]).status), "\(query)")
                return try client.exchange("GET", "/keys/a")["Latchkey-TTL"].flatMap { Int($0) }
            }
            #expect(try seconds(after: "?keepttl") == nil)
            #expect(try seconds(after: "?ttl=5000").map { $0 > 4000 } == true)
            #expect(try seconds(after: "?keepttl").map { $0 > 4000 } == true)
            #expect(try seconds(after: "?ttl=500").map { $0 > 400 && $0 <= 500 } == true)
            #expect(try seconds(after: "") == nil)
            #expect(try seconds(after: "?keepttl") == nil)
        }
    }

    @Test(arguments: [
        ("ttl=0", "ttl '0' is not a number of seconds above 0 and at most 315576000"),
        ("ttl=-1", "ttl '-1' is not a number of seconds above 0 and at most 315576000"),
        ("ttl=", "ttl '' is not a number of seconds above 0 and at most 315576000"),
        ("ttl=1e3", "ttl '1e3' is not a number of seconds above 0 and at most 315576000"),
        ("ttl=315576000.1", "ttl '315576000.1' is not a number of seconds above 0 and at most 315576000"),
        ("ttl=1&keepttl", "query parameters 'ttl' and 'keepttl' exclude each other"),
        ("ttl=1&ttl=2", "query parameter 'ttl' is given more than once"),
        ("keepttl=yes", "query parameter 'keepttl' takes no value, but has 'yes'"),
    ])
    func `a time that is none is refused, and nothing is stored`(query: String, detail: String) async throws {
        try await withServer { live in
            let response = try live.connect().put("a?\(query)", [1])
            #expect(response.status == 400)
            #expect(response.text == "\(detail)\n")
            #expect(live.keyCount == 0)
        }
    }

    @Test func `a sweep frees the memory of what has expired, and of nothing else`() async throws {
        try await withServer { live in
            let client = try live.connect()
            _ = try client.put("a?ttl=1000", pattern(100_000))
            _ = try client.put("b?ttl=1000", [2])
            _ = try client.put("c", [3])
            let (expiring, staying) = (try #require(live.storage("a")), try #require(live.storage("b")))
            #expect(try client.exchange("POST", "/keys/a?op=touch&ttl=0.01").status == 204)
            #expect(try eventually { try client.exchange("GET", "/keys/a").status == 404 })
            #expect(live.keyCount == 3)
            #expect(live.store.sweep().removedCount == 1)
            #expect(live.keyCount == 2)
            #expect(!expiring.isAlive)
            #expect(staying.isAlive)
            #expect(try client.exchange("GET", "/keys/b").body == [2])
            #expect(try client.exchange("GET", "/keys/c").body == [3])
            #expect(live.store.sweep().removedCount == 0)
        }
    }

    @Test func `who reads slowly gets a value that has expired, whose memory goes with him`() async throws {
        try await withServer { live in
            let value = pattern(8_000_000)
            let client = try live.connect()
            _ = try client.put("a?ttl=1000", value)
            let storage = try #require(live.storage("a"))
            let reader = try live.connect(receiveBuffer: 4096)
            try reader.send("GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try reader.head().status == 200)
            #expect(try client.exchange("POST", "/keys/a?op=touch&ttl=0.01").status == 204)
            #expect(try eventually { try client.exchange("GET", "/keys/a").status == 404 })
            #expect(live.store.sweep().removedCount == 1)
            #expect(storage.isAlive)
            #expect(areSame(try reader.bytes(value.count), value[...]))
            #expect(try eventually { !storage.isAlive })
        }
    }

    @Test func `a default time goes with whatever is created or replaced without one`() async throws {
        try await withServer({ $0.timeToLive = TimeToLive(.seconds(1000)) }) { live in
            let client = try live.connect()
            _ = try client.put("put", [1])
            _ = try client.put("kept?keepttl", [1])
            _ = try client.exchange("POST", "/keys/number?op=incr")
            _ = try client.exchange("POST", "/keys/appended?op=append", content: [1])
            _ = try client.exchange("POST", "/keys/set?op=getset", content: [1])
            _ = try client.exchange("POST", "/batch", content: Array("PUT batch 1\nx\n".utf8))
            for key in ["put", "kept", "number", "appended", "set", "batch"] {
                let seconds = try client.exchange("GET", "/keys/\(key)")["Latchkey-TTL"].flatMap { Int($0) }
                #expect(seconds.map { (900...1000).contains($0) } == true, "\(key)")
            }
            _ = try client.put("put?ttl=9000", [1])
            #expect(
                try client.exchange("GET", "/keys/put")["Latchkey-TTL"].flatMap { Int($0) }.map { $0 > 8000 } == true)
        }
    }
}
