import Testing

/// A store that has no memory for more.
@Suite struct FullStoreTests {
    private static let value = String(repeating: "v", count: 10_000)
    private static let limit = 1 << 20

    private func fullClient() -> InProcessClient {
        let client = InProcessClient(maximumMemory: Self.limit)
        for number in 0..<200 where client.put("k\(number)", Self.value).status != 201 { break }
        return client
    }

    @Test func `a new value is refused, with the limit, and all else goes on`() {
        let client = fullClient()
        let answer = client.put("new", Self.value)
        #expect(answer.status == 507)
        #expect(answer["Retry-After"] == nil)
        #expect(answer.text == "the store is full: its entries and tables may take \(Self.limit) bytes of memory\n")
        #expect(client.get("new").status == 404)
        #expect(client.get("k0").text == Self.value)
        #expect(client.put("k0", Self.value).status == 204)
        #expect(client.delete("k0").status == 204)
        for number in 1..<20 { #expect(client.delete("k\(number)").status == 204) }
        #expect(client.put("new", Self.value).status == 201)
    }

    @Test func `a value is refused before it is sent`() {
        let answer = fullClient().put("new", Self.value, ["Expect": "100-continue"])
        #expect(answer.status == 507)
        #expect(answer.reception == .refuse)
    }

    @Test(arguments: 1...32)
    func `in a full store of keys of any length counters count on, and so does all that needs little`(length: Int) {
        let client = InProcessClient(maximumMemory: 256 << 10)
        let name = { (number: Int) in String(repeating: "k", count: length) + "\(number)" }
        var count = 0
        while count < 10_000, client.put(name(count), "1").status == 201 { count += 1 }
        #expect(client.put("new", "1").status == 507)
        #expect(client.post("new", "incr").status == 507)
        for number in 0..<min(count, 40) {
            #expect(client.post(name(number), "incr").text == "2")
            #expect(client.post(name(number), "incr&by=1000000000000").status == 200)
            #expect(client.post(name(number), "append", "0").status == 204)
            #expect(client.post(name(number), "touch&ttl=60").status == 204)
            #expect(client.put("\(name(number))?keepttl", "2").status == 204)
            #expect(client.post(name(number), "getset&ttl=60", "a value of some length").status == 200)
        }
        #expect(client.put("new", "1").status == 507)
    }

    @Test func `appending again and again ends when the reserve does`() {
        let client = fullClient()
        let line = String(repeating: "a", count: 16)
        var count = 0
        while count < 10_000, client.post("k0", "append", line).status == 204 { count += 1 }
        // What was left below the limit was less than one value.
        #expect(count * 16 >= Self.limit / 16 - Self.limit / 32)
        #expect(count * 16 <= Self.limit / 16 + Self.limit / 32 + Self.value.utf8.count + 100)
        #expect(client.post("k0", "append", line).status == 507)
        #expect(client.put("k1", Self.value).status == 204)
        // Shards tell of what has gone once it is a thirty-second of the limit.
        for number in 2..<8 { #expect(client.delete("k\(number)").status == 204) }
        #expect(client.post("k0", "append", line).status == 204)
    }

    @Test func `operations that need memory are refused, and those that need none are not`() {
        let client = fullClient()
        #expect(client.post("k0", "append", Self.value).status == 507)
        #expect(client.post("new", "getset", Self.value).status == 507)
        #expect(client.post("k1", "getset", "less").status == 200)
        #expect(client.post("k2", "touch&ttl=none").status == 204)
        #expect(client.post("k3", "getdel").status == 200)
        #expect(client.get("k0").text == Self.value)
    }
}
