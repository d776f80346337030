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
