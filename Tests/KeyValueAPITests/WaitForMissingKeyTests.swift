import KeyValueAPI
import KeyValueStore
import Testing

// Requests without a condition, which wait for a key that is missing.
extension WaitTests {
    static let wait: InProcessClient.Fields = ["Prefer": "wait=30"]

    @Test(arguments: ["GET", "HEAD"])
    func `a missing key is waited for, and its first value is sent`(method: String) async throws {
        let client = InProcessClient(shards: 4)
        let waiting = try #require(begin(client, method, fields: Self.wait).waiting)
        #expect(isWatched(client))
        client.put("b", "other")
        #expect(client.delete("a").status == 404)
        #expect(client.put("a", "no", ["If-Match": "*"]).status == 412)
        #expect(waiting.resumeCount == 0)
        client.put("a", "new")
        let answer = await waiting.answer()
        #expect(answer.status == 200)
        #expect(answer.text == "new")
        #expect(answer["ETag"] != nil)
        #expect(answer["Preference-Applied"] == "wait=30")
        #expect(answer.route == .keys)
        #expect(!isWatched(client))
    }

    @Test(arguments: ["incr", "append", "getset"])
    func `whatever creates the key ends the wait for it`(operation: String) async throws {
        let client = InProcessClient()
        let waiting = try #require(begin(client, fields: Self.wait).waiting)
        let content = operation == "incr" ? InProcessClient.Body.none : .whole([0x31])
        #expect(client.send("POST", "/keys/a?op=\(operation)", [:], content).status < 300)
        #expect(await waiting.answer().text == "1")
        let second = try #require(client.begin("GET", Array("/keys/b".utf8), Self.wait).waiting)
        _ = client.send("POST", "/batch", [:], .whole(Array("PUT b 3\nnew".utf8)))
        #expect(await second.answer().text == "new")
    }

    @Test func `a key that has a value is not waited for`() {
        let client = filledClient()
        let answer = client.get("a", Self.wait)
        #expect(answer.status == 200)
        #expect(answer["Preference-Applied"] == nil)
        #expect(!isWatched(client))
    }

    @Test func `a key that stays missing is 404 at the time-out`() throws {
        let client = InProcessClient()
        let before = ContinuousClock.now
        let waiting = try #require(begin(client, fields: Self.wait).waiting)
        let deadline = try #require(waiting.deadline)
        #expect(deadline >= before + .seconds(30) && deadline <= .now + .seconds(30))
        #expect(waiting.ask() == nil)
        let answer = waiting.last()
        #expect(answer.status == 404)
        #expect(answer["Preference-Applied"] == "wait=30")
        #expect(!isWatched(client))
    }

    @Test func `a write between the look-up and the wait for a missing key is not missed`() async throws {
        let client = InProcessClient()
        let outcome = begin(client, fields: Self.wait, meanwhile: { client.put("a", "new") })
        #expect(await (try #require(outcome.waiting)).answer().text == "new")
    }

    @Test func `a value that has gone before it was seen is waited for on`() async throws {
        let client = InProcessClient()
        let waiting = try #require(begin(client, fields: Self.wait).waiting)
        client.put("a", "short")
        _ = client.delete("a")
        await waiting.resumed()
        #expect(waiting.ask() == nil)
        client.put("a", "long")
        #expect(await waiting.answer().text == "long")
    }

    @Test func `a value that has expired is missing, and waited for`() async throws {
        let client = filledClient("?ttl=10")
        clock.advance(by: .seconds(10))
        let waiting = try #require(begin(client, fields: Self.wait).waiting)
        #expect(!waiting.isDue)
        // What a sweep frees was missing before.
        #expect(client.store.sweep().removedCount == 1)
        #expect(waiting.ask() == nil)
        client.put("a?ttl=10", "brief")
        clock.advance(by: .seconds(10))
        #expect(waiting.ask() == nil)
        client.put("a", "new")
        #expect(await waiting.answer().text == "new")
    }

    @Test func `of a key that comes to be, the part that was asked for is sent`() async throws {
        let client = InProcessClient()
        let part = try #require(begin(client, fields: Self.wait.adding("Range", "bytes=1-")).waiting)
        client.put("a", "new")
        let answer = await part.answer()
        #expect(answer.status == 206)
        #expect(answer.text == "ew")
    }

    @Test func `HEAD waits for a change as GET does`() async throws {
        let client = filledClient()
        let waiting = try #require(begin(client, "HEAD").waiting)
        client.put("a", "newer")
        let answer = await waiting.answer()
        #expect(answer.status == 200)
        #expect(answer.text == "newer")
        let star: InProcessClient.Fields = ["If-None-Match": "*", "Prefer": "wait=1"]
        #expect(try #require(begin(client, "HEAD", fields: star).waiting).last().status == 304)
    }

    @Test func `one write wakes all who wait for a missing key, and who gives up leaves nothing behind`() async throws {
        let client = InProcessClient(shards: 4)
        let left = try #require(begin(client, fields: Self.wait).waiting)
        let waiting = try (0..<100).map { _ in try #require(begin(client, fields: Self.wait).waiting) }
        left.end()
        client.put("a", "new")
        #expect(left.resumeCount == 0)
        for request in waiting { #expect(await request.answer().text == "new") }
        #expect(!isWatched(client))
    }
}
