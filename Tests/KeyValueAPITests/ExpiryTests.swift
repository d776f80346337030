import KeyValueStore
import Testing

/// Values that live for a while: `ttl`, `keepttl` and the default.
@Suite struct ExpiryTests {
    private let clock = HandClock()

    private func makeClient(defaultTimeToLive: Duration = .zero) -> InProcessClient {
        InProcessClient(clock: clock.clock, defaultTimeToLive: defaultTimeToLive)
    }

    /// Seconds to live as the service tells them; nil for ever.
    private func timeToLive(_ client: InProcessClient, _ key: String = "a") -> String? {
        client.get(key)["Latchkey-TTL"]
    }

    @Test(arguments: ["GET", "HEAD", "DELETE"])
    func `a value is there up to its deadline and missing from then on`(method: String) {
        let client = makeClient()
        #expect(client.put("a?ttl=60", "v").status == 201)
        clock.advance(by: .seconds(60) - .nanoseconds(1))
        #expect(client.get("a").text == "v")
        clock.advance(by: .nanoseconds(1))
        #expect(client.send(method, "/keys/a").status == 404)
        #expect(client.stored("a") == nil)
    }

    @Test func `what has expired is missing to writers and conditions too`() {
        let client = makeClient()
        let tag = client.put("a?ttl=1", "v")["ETag"] ?? ""
        clock.advance(by: .seconds(1))
        #expect(client.get("a", ["If-None-Match": "*"]).status == 404)
        let swap = client.put("a", "w", ["If-Match": tag])
        #expect(swap.status == 412)
        #expect(swap["ETag"] == nil)
        #expect(swap.text == "If-Match: the key has no value\n")
        #expect(client.post("a", "getdel").status == 404)
        #expect(client.post("a", "touch&ttl=60").status == 404)
        #expect(client.put("a", "w", ["If-None-Match": "*"]).status == 201)
        #expect(client.get("a").text == "w")
        #expect(timeToLive(client) == nil)
    }

    @Test func `the seconds left are whole, rounded up`() {
        let client = makeClient()
        client.put("a?ttl=2", "v")
        for (step, seconds) in [
            (Duration.zero, "2"), (.nanoseconds(1), "2"), (.milliseconds(999), "2"), (.nanoseconds(999_999), "1"),
            (.nanoseconds(1), "1"), (.milliseconds(999), "1"),
        ] {
            clock.advance(by: step)
            #expect(timeToLive(client) == seconds)
        }
    }

    @Test func `everything that shows the value tells how long it lives`() {
        let client = makeClient()
        client.put("a?ttl=9.5", "v")
        #expect(client.send("HEAD", "/keys/a")["Latchkey-TTL"] == "10")
        #expect(client.get("a", ["Range": "bytes=0-0"])["Latchkey-TTL"] == "10")
        #expect(client.get("a", ["If-None-Match": "*"])["Latchkey-TTL"] == "10")
        client.put("b", "v")
        #expect(client.get("b")["Latchkey-TTL"] == nil)
    }

    @Test(arguments: [
        ("1", Duration.seconds(1)), ("0.5", .milliseconds(500)), ("1.25", .milliseconds(1250)), ("007", .seconds(7)),
        ("0.000000001", .nanoseconds(1)), ("1.0000000009", .seconds(1)), ("315576000", .seconds(315_576_000)),
        ("315576000.000000000", .seconds(315_576_000)),
    ])
    func `a time to live is decimal seconds`(text: String, duration: Duration) {
        let client = makeClient()
        #expect(client.put("a?ttl=\(text)", "v").status == 201)
        clock.advance(by: duration - .nanoseconds(1))
        #expect(client.get("a").status == 200)
        clock.advance(by: .nanoseconds(1))
        #expect(client.get("a").status == 404)
    }

    @Test(arguments: [
        "", "0", "0.0", "0.0000000001", "-1", "%2B1", "1e3", "abc", "none", "1.", ".5", "1.5.5", "1,5", "%31", "0x10",
        "315576000.1", "315576001", "99999999999999999999999", "nan", "inf", "1s",
    ])
    func `any other time to live is refused by its text, and nothing is stored`(text: String) {
        let client = makeClient()
        client.put("a", "old")
        for answer in [
            client.put("a?ttl=\(text)", "new"), client.post("a", "append&ttl=\(text)", "new"),
            client.post("a", "incr&ttl=\(text)"), client.post("a", "getset&ttl=\(text)", "new"),
        ] {
            #expect(answer.status == 400)
            #expect(answer.text == "ttl '\(text)' is not a number of seconds above 0 and at most 315576000\n")
        }
        #expect(client.get("a").text == "old")
        #expect(client.get("a")["ETag"] == #""abc-1""#)
    }

    @Test func `an overwrite starts anew, and keepttl goes on`() {
        let client = makeClient()
        client.put("a?ttl=10", "v")
        clock.advance(by: .seconds(4))
        #expect(client.put("a?keepttl", "w").status == 204)
        #expect(timeToLive(client) == "6")
        #expect(client.put("a?keepttl=", "x").status == 204)
        #expect(timeToLive(client) == "6")
        client.put("a?ttl=3", "y")
        #expect(timeToLive(client) == "3")
        client.put("a", "z")
        #expect(timeToLive(client) == nil)
        client.put("a?keepttl", "z")
        #expect(timeToLive(client) == nil)
    }

    @Test func `keepttl has nothing to keep where nothing is or all is over`() {
        let client = makeClient()
        #expect(client.put("a?keepttl", "v").status == 201)
        #expect(timeToLive(client) == nil)
        client.put("b?ttl=1", "v")
        clock.advance(by: .seconds(1))
        #expect(client.put("b?keepttl", "w").status == 201)
        #expect(timeToLive(client, "b") == nil)
        #expect(client.get("b").text == "w")
    }

    @Test(arguments: [
        ("ttl=1&keepttl", "query parameters 'ttl' and 'keepttl' exclude each other"),
        ("keepttl&ttl=1", "query parameters 'ttl' and 'keepttl' exclude each other"),
        ("keepttl=1", "query parameter 'keepttl' takes no value, but has '1'"),
        ("ttl=1&ttl=1", "query parameter 'ttl' is given more than once"),
        ("keepttl&keepttl", "query parameter 'keepttl' is given more than once"),
        ("ttl=1&x", "unknown query parameter 'x'"), ("TTL=1", "unknown query parameter 'TTL'"),
    ])
    func `a query that makes no sense is refused before the content`(query: String, text: String) {
        let client = makeClient()
        let answer = client.put("a?\(query)", "v")
        #expect(answer.status == 400)
        #expect(answer.text == "\(text)\n")
        #expect(answer.reception == .skip)
        #expect(client.acquisitions == 0)
    }

    @Test func `the default holds where a write says nothing`() {
        let client = makeClient(defaultTimeToLive: .seconds(30))
        client.put("put", "v")
        client.put("kept?keepttl", "v")
        client.post("append", "append", "v")
        client.post("incr", "incr")
        client.post("getset", "getset", "v")
        _ = client.send("POST", "/batch", [:], .whole(Array("PUT batch 1\nv\n".utf8)))
        for key in ["put", "kept", "append", "incr", "getset", "batch"] { #expect(timeToLive(client, key) == "30") }
        client.put("own?ttl=5", "v")
        #expect(timeToLive(client, "own") == "5")
        clock.advance(by: .seconds(10))
        client.put("put", "w")
        client.put("kept?keepttl", "w")
        client.post("append", "append", "w")
        client.post("incr", "incr")
        client.post("getset", "getset", "w")
        for key in ["put", "getset"] { #expect(timeToLive(client, key) == "30") }
        for key in ["kept", "append", "incr"] { #expect(timeToLive(client, key) == "20") }
    }

    @Test func `a deadline that was taken away stays away, whatever the default`() {
        let client = makeClient(defaultTimeToLive: .seconds(30))
        client.put("a", "1")
        client.post("a", "touch&ttl=none")
        #expect(timeToLive(client) == nil)
        client.post("a", "incr")
        client.post("a", "append", "1")
        client.put("a?keepttl", "2")
        #expect(timeToLive(client) == nil)
        client.put("a", "3")
        #expect(timeToLive(client) == "30")
    }

    @Test func `a sweep frees what has expired and nothing else`() {
        let client = makeClient()
        for key in 0..<100 { client.put("\(key)\(key.isMultiple(of: 2) ? "?ttl=5" : "")", "v") }
        #expect(client.keyCount == 100)
        clock.advance(by: .seconds(5))
        #expect(client.store.sweep().removedCount == 50)
        #expect(client.keyCount == 50)
        for key in 0..<100 { #expect(client.get("\(key)").status == (key.isMultiple(of: 2) ? 404 : 200)) }
    }
}
