import KeyValueStore
import Testing

/// What becomes of uploads that there is no memory for.
@Suite struct UploadMemoryTests {
    private static let limit = 100_000
    private static let large = String(repeating: "v", count: 60_000)

    private func client() -> InProcessClient { InProcessClient(maximumUploads: Self.limit) }

    /// Memory as another upload would have it.
    private func take(_ count: Int, of client: InProcessClient) -> UploadAllowance? {
        if case .admitted(let allowance) = client.store.admitUpload(of: count) { return allowance }
        Issue.record("not admitted")
        return nil
    }

    @Test(arguments: [
        ("PUT", "/keys/a"), ("POST", "/keys/a?op=append"), ("POST", "/keys/a?op=getset"), ("POST", "/batch"),
    ])
    func `while others have it all, an upload is told to come again before it is sent`(method: String, target: String) {
        let client = client()
        var other = take(60_000, of: client)
        let answer = client.send(method, target, [:], .whole(Array(Self.large.utf8)))
        #expect(answer.status == 503)
        #expect(answer["Retry-After"] == "1")
        #expect(answer.reception == .refuse)
        #expect(answer.text == "uploads in progress take all memory that they may: 100000 bytes\n")
        #expect(client.store.refusedUploads == 1)
        #expect(client.put("b", "small").status == 201)
        withExtendedLifetime(other) {}
        other = nil
        #expect(client.put("a", Self.large).status == 201)
        #expect(client.store.uploadBytes == 0)
    }

    @Test func `one of no announced length is cut off where it finds no memory, and told the same`() {
        let client = client()
        let other = take(60_000, of: client)
        let pieces = (0..<60).map { _ in [UInt8](repeating: 1, count: 1_000) }
        let answer = client.send("PUT", "/keys/a", [:], .chunked(pieces))
        #expect(answer.status == 503)
        #expect(answer["Retry-After"] == "1")
        #expect(client.stored("a") == nil)
        #expect(client.store.uploadBytes == 60_000)
        #expect(client.send("PUT", "/keys/a", [:], .chunked(Array(pieces.prefix(8)))).status == 201)
        withExtendedLifetime(other) {}
    }

    @Test func `one that will never find memory is not told to come again`() {
        let client = client()
        let answer = client.put("a", String(repeating: "v", count: Self.limit + 1))
        #expect(answer.status == 507)
        #expect(answer["Retry-After"] == nil)
        #expect(answer.reception == .refuse)
    }

    @Test func `the memory is given back however an upload ends`() {
        let client = client()
        #expect(client.put("a", Self.large).status == 201)
        #expect(client.put("a", Self.large).status == 204)
        #expect(client.put("a", Self.large, ["If-None-Match": "*"]).status == 412)
        #expect(client.put("a", Self.large, ["If-Match": "\"nonsense\""]).status == 412)
        #expect(client.put("%zz", Self.large).status == 400)
        #expect(client.put("a?ttl=x", Self.large).status == 400)
        #expect(client.post("a", "append", Self.large).status == 204)
        #expect(client.post("a", "getset", Self.large).status == 200)
        #expect(client.send("POST", "/batch", [:], .whole(Array(Self.large.utf8))).status == 400)
        client.abandon("PUT", "/keys/b", [:], .whole(Array(Self.large.utf8)))
        client.abandon("PUT", "/keys/b", [:], .chunked([Array(Self.large.utf8)]))
        #expect(client.send("PUT", "/keys/b", [:], .chunked([Array(Self.large.utf8)])).status == 201)
        #expect(client.store.uploadBytes == 0)
        #expect(client.store.refusedUploads == 0)
    }

    @Test func `answers to batches and lists count until they are sent, and there is an end to them`() {
        let client = InProcessClient(maximumMemory: 1 << 20)
        #expect(client.put("a", Self.large).status == 201)
        for number in 0..<50 { client.put(String(repeating: "k", count: 1_000) + "\(number)", "") }
        var answers: [Answer] = []
        while answers.count < 100 {
            let batch = client.send("POST", "/batch", [:], .whole(Array("GET a\nGET a\n".utf8)))
            if batch.status == 503 { break }
            answers.append(batch)
            let list = client.send("GET", "/keys")
            if list.status == 503 { break }
            answers.append(list)
            #expect(client.store.pinnedBytes >= answers.count / 2 * 160_000)
        }
        #expect((4...16).contains(answers.count))
        let refused = client.send("POST", "/batch", [:], .whole(Array("PUT b 1\nx\n".utf8)))
        #expect(refused.status == 503)
        #expect(refused["Retry-After"] == "1")
        #expect(client.stored("b") == nil)
        #expect(client.get("a").text == Self.large)
        answers = []
        #expect(client.store.pinnedBytes == 0)
    }

    @Test func `a full store that evicts takes every value that fits, and no other`() {
        let client = InProcessClient(maximumMemory: 1 << 20, eviction: .s3FIFO)
        for number in 0..<100 { #expect(client.put("k\(number)", Self.large).status == 201) }
        let answer = client.put("large", String(repeating: "v", count: 1 << 20))
        #expect(answer.status == 507)
        #expect(answer.reception == .refuse)
        #expect(client.get("k99").text == Self.large)
        #expect(client.keyCount > 10)
    }
}
