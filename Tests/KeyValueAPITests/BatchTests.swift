import KeyValueAPI
import KeyValueStore
import Testing

/// `POST /batch`: many keys in one request.
@Suite struct BatchTests {
    /// What the answer says of an item.
    private struct Result: Equatable {
        let status: Int
        var content: String?
        var tag: String?
    }

    /// The results in an answer, read as a client would; nil where they cannot be.
    private func results(_ answer: Answer) -> [Result]? {
        var rest = answer.content[...]
        var results: [Result] = []
        while !rest.isEmpty {
            guard let end = rest.firstIndex(of: 0x0a) else { return nil }
            let words = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ").map(String.init)
            rest = rest[(end + 1)...]
            guard words.count == 3, let status = Int(words[0]) else { return nil }
            var result = Result(status: status, tag: words[2] == "-" ? nil : words[2])
            if words[1] != "-" {
                guard let count = Int(words[1]), rest.count > count, rest[rest.startIndex + count] == 0x0a else {
                    return nil
                }
                result.content = String(decoding: rest.prefix(count), as: UTF8.self)
                rest = rest.dropFirst(count + 1)
            }
            results.append(result)
        }
        return results
    }

    private func send(_ client: InProcessClient, _ batch: String) -> Answer {
        client.send("POST", "/batch", [:], .whole(Array(batch.utf8)))
    }

    @Test func `each item has a result in the order of the items`() {
        let client = InProcessClient(shards: 4)
        client.put("old", "value", ["Content-Type": "text/x"])
        let answer = send(
            client,
            "GET old\nPUT new 3\none\nPUT new 3\ntwo\nGET new\nDELETE old\nDELETE old\nGET old\nPUT empty 0\n\nGET empty\n"
        )
        #expect(answer.status == 200)
        #expect(answer.names == ["Cache-Control", "Content-Type", "Date"])
        #expect(answer["Content-Type"] == "application/vnd.latchkey.batch")
        #expect(answer.route == .batch)
        #expect(answer.reception == .take)
        let new = client.get("new")["ETag"]
        let read = results(answer) ?? []
        #expect(read.map(\.status) == [200, 201, 204, 200, 204, 404, 404, 201, 200])
        #expect(read.map(\.content) == ["value", nil, nil, "two", nil, nil, nil, nil, ""])
        #expect(read.map { $0.tag != nil } == [true, true, true, true, false, false, false, true, true])
        #expect(read.count > 3 && read[3].tag == new)
        #expect(client.stored("new") == "two")
        #expect(client.stored("old") == nil)
    }

    @Test(arguments: ["If-Match", "If-None-Match"], ["*", #""abc-1""#, "nonsense", ""])
    func `conditions are for one key`(name: String, list: String) {
        let client = InProcessClient()
        client.put("a", "old")
        let fields = InProcessClient.Fields([(name, list)])
        let answer = client.send("POST", "/batch", fields, .whole(Array("DELETE a\n".utf8)))
        #expect(answer.status == 400)
        #expect(answer.text == "\(name) goes with one key, not with a batch\n")
        #expect(answer.reception == .skip)
        #expect(client.stored("a") == "old")
    }

    @Test func `what would end a key in a target is in it once percent-encoded`() {
        let client = InProcessClient()
        #expect(results(send(client, "PUT a%3Fx%23y 1\nv\nGET a%3fx%23y"))?.map(\.status) == [201, 200])
        #expect(client.stored("a?x#y") == "v")
    }

    @Test func `an empty batch has an empty answer`() {
        for body in ["", "\n", "\r\n\n"] {
            let answer = send(InProcessClient(), body)
            #expect(answer.status == 200)
            #expect(answer.content.isEmpty)
        }
    }

    @Test func `values of a batch are bytes, line ends and all`() {
        let client = InProcessClient()
        let value = Array(0...255) + Array("\nGET a\n".utf8) as [UInt8]
        let batch = Array("PUT a%2Fb%00 \(value.count)\r\n".utf8) + value + Array("\r\nGET a/b%00\r\n".utf8)
        let answer = client.send("POST", "/batch", [:], .chunked(batch.map { [$0] }))
        #expect(client.stored(Array("a/b\0".utf8)) == value)
        #expect(answer.content.count == "201 - \"abc-1\"\n200 263 \"abc-1\"\n".utf8.count + value.count + 1)
        #expect(Array(answer.content.dropLast().suffix(value.count)) == value)
    }

    @Test(arguments: [
        (
            "PUT b 1\nv\nnonsense",
            "item 2: 'nonsense' is not one of 'GET <key>', 'DELETE <key>' and 'PUT <key> <length>'"
        ),
        ("DELETE a\nget a", "item 2: 'get a' is not one of 'GET <key>', 'DELETE <key>' and 'PUT <key> <length>'"),
        ("PUT b 1\nv\nPUT c x\n", "item 2: 'x' is not the length of a value: PUT <key> <length>, in bytes"),
        ("DELETE a\nPUT b 5\nv", "item 2: the value has 5 bytes, of which the batch has only 1"),
        ("DELETE a\nPUT b 1\nvv\n", "item 2: the value of 1 byte is not followed by a line end"),
        ("DELETE a\nGET ", "item 2: the key is empty; it has at least one byte"),
        ("DELETE a\nGET a?x=1", "item 2: the key 'a?x=1' has a '?' or '#', which is percent-encoded: %3F, %23"),
        ("DELETE a\nPUT b#c 1\nv\n", "item 2: the key 'b#c' has a '?' or '#', which is percent-encoded: %3F, %23"),
        ("DELETE a\nGET a b", "item 2: the key 'a b' has spaces or control characters, which are percent-encoded"),
    ])
    func `of a batch that cannot be read nothing is done`(batch: String, text: String) {
        let client = InProcessClient()
        client.put("a", "old")
        let acquisitions = client.acquisitions
        let answer = send(client, batch)
        #expect(answer.status == 400)
        #expect(answer.text == "\(text)\n")
        #expect(client.acquisitions == acquisitions)
    }

    @Test func `a bad key is an error of its item, and the others are done`() {
        let client = InProcessClient(keyBytes: 4)
        let answer = send(client, "PUT %zz 1\nv\nGET 12345\nDELETE %4\nPUT good 1\nv\n")
        let escape = "in the key is not a percent escape of two hex digits"
        #expect(
            results(answer) == [
                Result(status: 400, content: "'%zz' \(escape)"),
                Result(status: 414, content: "the key has 5 bytes; the limit is 4 bytes"),
                Result(status: 400, content: "'%4' \(escape)"), Result(status: 201, tag: #""abc-1""#),
            ])
        #expect(client.stored("good") == "v")
    }

    @Test func `a batch has at most ten thousand items`() {
        let client = InProcessClient()
        let most = String(repeating: "GET a\n", count: 10_000)
        #expect(results(send(client, most))?.count == 10_000)
        let acquisitions = client.acquisitions
        let answer = send(client, "DELETE a\n" + most)
        #expect(answer.status == 413)
        #expect(answer.text == "item 10001: a batch has at most 10000 items\n")
        #expect(client.acquisitions == acquisitions)
    }

    @Test func `a batch is as large as a value may be`() {
        let client = InProcessClient(valueBytes: 20)
        #expect(send(client, "PUT a 10\n0123456789\n").status == 200)
        let announced = send(client, "PUT b 11\n01234567890\n")
        #expect(announced.status == 413)
        #expect(announced.reception == .refuse)
        let chunks = [Array("PUT b 11\n0123456789".utf8), Array("0\n".utf8)]
        #expect(client.send("POST", "/batch", [:], .chunked(chunks)).status == 413)
        #expect(client.keyCount == 1)
    }

    @Test func `an answer is about as large as a value may be, and tells what it leaves out`() {
        let client = InProcessClient(valueBytes: 100)
        for key in ["a", "b", "c"] { client.put(key, String(repeating: key, count: 50)) }
        let read = results(send(client, "GET a\nGET b\nGET c\nPUT d 1\nv\n")) ?? []
        #expect(read.map(\.status) == [200, 413, 413, 201])
        #expect(read.count > 1 && read[1].content == "the answer would be larger than the limit of 100 bytes")
        #expect(client.stored("d") == "v")
    }

    @Test func `batches and their answers have 4 MiB, however large a value may be`() {
        let client = InProcessClient(valueBytes: 64 << 20)
        client.put("a", String(repeating: "x", count: 1 << 20))
        let answer = send(client, String(repeating: "GET a\n", count: 60))
        #expect(answer.status == 200)
        #expect(answer.content.count < (4 << 20) + 60 * 100)
        let text = "PUT b \(4 << 20)\n"
        let announced = client.send(
            "POST", "/batch", ["Content-Length": "\((4 << 20) + 1)"], .chunked([Array(text.utf8)]))
        #expect(announced.reception == .refuse)
        #expect(announced.text == "the batch of 4194305 bytes is larger than the limit of 4194304 bytes\n")
    }

    @Test func `what a batch stores has no fields and lives for the default time`() {
        let client = InProcessClient(clock: HandClock().clock, defaultTimeToLive: .seconds(9))
        client.put("a", "v", ["Content-Type": "text/x", "Latchkey-Meta-By": "me"])
        _ = send(client, "PUT a 1\nw\n")
        let answer = client.get("a")
        #expect(answer["Content-Type"] == "application/octet-stream")
        #expect(answer["Latchkey-Meta-By"] == nil)
        #expect(answer["Latchkey-TTL"] == "9")
    }

    @Test func `a batch has no parameters`() {
        let answer = InProcessClient().send("POST", "/batch?ttl=1", [:], .whole(Array("GET a".utf8)))
        #expect(answer.status == 400)
        #expect(answer.text == "unknown query parameter 'ttl'\n")
        #expect(answer.reception == .skip)
    }

    @Test func `each item is atomic, beside others' writes of its key`() async throws {
        let client = InProcessClient(shards: 4)
        let keys = ["a", "b", "c"]
        let values = ["short", String(repeating: "long", count: 50)]
        let bad = try await atOnce(4) { number -> Int in
            let value = values[number % 2]
            let batch = keys.map { "PUT \($0) \(value.count)\n\(value)\nGET \($0)\n" }.joined()
            return (0..<100).reduce(0) { bad, _ in
                let read = results(send(client, batch)) ?? []
                let whole = read.filter { $0.status != 200 || values.contains($0.content ?? "") }
                return bad + (read.count == 6 && whole.count == 6 ? 0 : 1)
            }
        }
        #expect(bad == [0, 0, 0, 0])
        #expect(keys.allSatisfy { values.contains(client.stored($0) ?? "") })
    }

    @Test func `a long batch is carried out as a short one`() throws {
        let client = InProcessClient(shards: 4, valueBytes: 1 << 24)
        let keys = (0..<3_000).map { "k\($0)" }
        let put = send(client, keys.map { "PUT \($0) 2\nvv\n" }.joined())
        #expect(results(put)?.map(\.status) == Array(repeating: 201, count: keys.count))
        let taken = send(client, keys.map { "GET \($0)\nDELETE \($0)\n" }.joined())
        #expect(results(taken)?.map(\.status) == keys.flatMap { _ in [200, 204] })
        #expect(client.keyCount == 0)
        let unreadable = send(client, keys.map { "PUT \($0) 0\n\n" }.joined() + "PUT x y\n")
        #expect(unreadable.status == 400)
        #expect(unreadable.text.hasPrefix("item 3001: "))
        #expect(client.keyCount == 0)
    }

    /// Items before and behind the one that takes long, on both sides of each limit of what an event loop does at once.
    @Test(arguments: [65_536, 65_537, 300_000], [0, 255, 256])
    func `what takes long goes on elsewhere, from where it was`(valueCount: Int, itemCount: Int) throws {
        let client = InProcessClient(shards: 4, valueBytes: 1 << 24)
        let value = String(repeating: "v", count: valueCount)
        client.put("large", value)
        client.put("n", "0")
        let before = client.keyCount
        let small = Array(repeating: "GET n\n", count: itemCount).joined()
        let counted = { (0..<4).map { client.store.statistics(ofShard: $0).counts } }
        let hits = counted().reduce(0) { $0 + $1.hits }
        let read = try #require(results(send(client, "PUT new 1\n1\n\(small)GET large\n\(small)DELETE new\nGET new\n")))
        #expect(read.map(\.status) == [201] + Array(repeating: 200, count: 2 * itemCount + 1) + [204, 404])
        #expect(read[itemCount + 1].content?.utf8.count == valueCount)
        #expect(client.keyCount == before)
        // Each was looked up once.
        #expect(counted().reduce(0) { $0 + $1.hits } == hits + UInt64(2 * itemCount + 1))
    }
}
