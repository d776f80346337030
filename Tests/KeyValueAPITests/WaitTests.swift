import KeyValueAPI
import TestSupport
import Testing

@testable import KeyValueStore

/// `Prefer: wait`: requests that wait for a change. The key of these tests has the tag `"abc-1"` at first.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct WaitTests {
    static let unchanged: InProcessClient.Fields = ["If-None-Match": #""abc-1""#, "Prefer": "wait=30"]
    let clock = HandClock()

    func filledClient(_ query: String = "", shards: Int = 1) -> InProcessClient {
        let client = InProcessClient(shards: shards, clock: clock.clock)
        client.put("a\(query)", "old")
        return client
    }

    func begin(
        _ client: InProcessClient, _ method: String = "GET", fields: InProcessClient.Fields = unchanged,
        meanwhile: () -> Void = {}
    ) -> InProcessClient.Outcome {
        client.begin(method, Array("/keys/a".utf8), fields, meanwhile: meanwhile)
    }

    func isWatched(_ client: InProcessClient) -> Bool {
        (0..<client.store.shardCount).contains { !client.store.cell($0).pointee.watchers.isEmpty }
    }

    @Test func `a request that waits is one look-up, however often it is asked`() async throws {
        let client = filledClient()
        func lookUps() -> [UInt64] {
            let counts = client.store.statistics(ofShard: 0).counts
            return [counts.hits, counts.misses]
        }
        let before = lookUps()
        let unchanged = try #require(begin(client).waiting)
        #expect(unchanged.last().status == 304)
        #expect(lookUps() == [before[0] + 1, before[1]])
        let removed = try #require(begin(client).waiting)
        #expect(client.delete("a").status == 204)
        #expect(await removed.answer().status == 404)
        #expect(lookUps() == [before[0] + 2, before[1]])
    }

    @Test func `what has changed already is sent at once`() throws {
        let client = filledClient()
        client.put("a", "new")
        let answer = try #require(begin(client).answer)
        #expect(answer.status == 200)
        #expect(answer.text == "new")
        #expect(client.delete("a").status == 204)
        #expect(begin(client).answer?.status == 404)
        #expect(!isWatched(client))
    }

    @Test(arguments: [
        ("PUT", "/keys/a"), ("POST", "/keys/a?op=append"), ("POST", "/keys/a?op=getset"), ("POST", "/keys/a?op=incr"),
    ])
    func `a write wakes, and its value is sent`(method: String, target: String) async throws {
        let client = InProcessClient(shards: 4)
        client.put("a", "1")
        let waiting = try #require(begin(client).waiting)
        #expect(isWatched(client))
        #expect(waiting.resumeCount == 0)
        #expect(client.send(method, target, [:], target.hasSuffix("incr") ? .none : .whole([0x32])).status < 300)
        let answer = await waiting.answer()
        #expect(answer.status == 200)
        #expect(answer.text == (target.hasSuffix("append") ? "12" : "2"))
        #expect(answer["ETag"] == #""abc-2""#)
        #expect(answer["Preference-Applied"] == "wait=30")
        #expect(answer.route == .keys)
        #expect(!isWatched(client))
    }

    @Test(arguments: ["DELETE /keys/a", "POST /keys/a?op=getdel"])
    func `a removal wakes, and the key is not found`(removal: String) async throws {
        let client = filledClient()
        let waiting = try #require(begin(client).waiting)
        let parts = removal.split(separator: " ").map(String.init)
        #expect(client.send(parts[0], parts[1]).status < 300)
        let answer = await waiting.answer()
        #expect(answer.status == 404)
        #expect(answer["Preference-Applied"] == "wait=30")
        #expect(!isWatched(client))
    }

    @Test func `batches and removals by prefix wake too`() async throws {
        let client = filledClient()
        let first = try #require(begin(client).waiting)
        _ = client.send("POST", "/batch", [:], .whole(Array("PUT a 3\nnew".utf8)))
        #expect(await first.answer().text == "new")
        let second = try #require(begin(client, fields: ["If-None-Match": "*", "Prefer": "wait=30"]).waiting)
        _ = await client.begin("DELETE", Array("/keys?all=true".utf8)).waiting?.answer()
        #expect(await second.answer().status == 404)
    }

    @Test func `the same bytes written again are a change`() async throws {
        let client = filledClient()
        let waiting = try #require(begin(client).waiting)
        client.put("a", "old")
        #expect(await waiting.answer().status == 200)
    }

    @Test func `a write between the look-up and the wait is not missed`() async throws {
        let client = filledClient()
        let written = try #require(begin(client, meanwhile: { client.put("a", "new") }).waiting)
        #expect(await written.answer().text == "new")
        let removed = try #require(
            begin(client, fields: ["If-None-Match": "*", "Prefer": "wait=1"], meanwhile: { _ = client.delete("a") })
                .waiting)
        #expect(await removed.answer().status == 404)
    }

    @Test func `other keys and writes that fail wake nobody`() throws {
        let client = filledClient()
        let waiting = try #require(begin(client).waiting)
        client.put("b", "v")
        _ = client.delete("b")
        #expect(client.put("a", "new", ["If-None-Match": "*"]).status == 412)
        #expect(client.delete("a", ["If-Match": #""abc-9""#]).status == 412)
        #expect(client.post("a", "incr").status == 409)
        _ = client.get("a")
        #expect(waiting.resumeCount == 0)
        #expect(waiting.ask() == nil)
        waiting.end()
    }

    @Test func `the time-out is a 304`() throws {
        let client = filledClient()
        let before = ContinuousClock.now
        let waiting = try #require(begin(client).waiting)
        let deadline = try #require(waiting.deadline)
        #expect(deadline >= before + .seconds(30) && deadline <= .now + .seconds(30))
        #expect(waiting.ask() == nil)
        let answer = waiting.last()
        #expect(answer.status == 304)
        #expect(answer["ETag"] == #""abc-1""#)
        #expect(answer["Preference-Applied"] == "wait=30")
        #expect(answer["Content-Type"] == nil)
        #expect(!isWatched(client))
    }

    @Test(arguments: [("300", "300"), ("301", "300"), ("99999999999999999999", "300"), ("1", "1")])
    func `a wait is granted up to five minutes`(asked: String, granted: String) throws {
        let client = filledClient()
        let outcome = begin(client, fields: ["If-None-Match": "*", "Prefer": "respond-async, wait=\(asked)"])
        #expect(try #require(outcome.waiting).last()["Preference-Applied"] == "wait=\(granted)")
    }

    @Test(
        arguments: [
            [:], ["Prefer": "wait"], ["Prefer": "wait=0"], ["Prefer": "wait=-1"], ["Prefer": "wait=x"],
            ["Prefer": "wait=1.5"],
            ["Prefer": "return=minimal"],
        ] as [InProcessClient.Fields])
    func `without a number of seconds nobody waits`(fields: InProcessClient.Fields) {
        let client = filledClient()
        let answer = client.get("a", fields.adding("If-None-Match", "*"))
        #expect(answer.status == 304)
        #expect(answer["Preference-Applied"] == nil)
    }

    @Test func `only what has nothing new to tell waits`() {
        let client = filledClient()
        let wait = ("Prefer", "wait=30")
        #expect(client.send("HEAD", "/keys/a", InProcessClient.Fields([wait])).status == 200)
        #expect(client.get("a", InProcessClient.Fields([wait])).status == 200)
        #expect(client.get("a", InProcessClient.Fields([wait, ("If-None-Match", #""x""#)])).status == 200)
        #expect(client.get("a", InProcessClient.Fields([wait, ("If-None-Match", "x")])).status == 400)
        #expect(client.get("a", InProcessClient.Fields([wait, ("If-Match", #""x""#)])).status == 412)
        #expect(client.get("missing", InProcessClient.Fields([wait, ("If-None-Match", "*")])).status == 404)
        #expect(client.get("missing", InProcessClient.Fields([wait, ("If-None-Match", #""x""#)])).status == 404)
        #expect(client.get("missing", InProcessClient.Fields([wait, ("If-Match", "*")])).status == 404)
        #expect(client.send("DELETE", "/keys/missing", InProcessClient.Fields([wait])).status == 404)
        #expect(client.send("GET", "/keys/missing?x", InProcessClient.Fields([wait])).status == 400)
        #expect(client.send("GET", "/keys/%zz", InProcessClient.Fields([wait])).status == 400)
        #expect(client.send("GET", "/keys/a?x", Self.unchanged).status == 400)
        #expect(client.put("a", "v", InProcessClient.Fields([wait, ("If-None-Match", "*")])).status == 412)
        #expect(!isWatched(client))
    }

    @Test func `who waits with a star waits for the key to go`() async throws {
        let client = filledClient()
        let waiting = try #require(begin(client, fields: ["If-None-Match": "*", "Prefer": "wait=30"]).waiting)
        client.put("a", "new")
        await waiting.resumed()
        #expect(waiting.ask() == nil)
        _ = client.delete("a")
        #expect(await waiting.answer().status == 404)
    }

    @Test func `the answer is to the whole request: a part, or a condition that fails`() async throws {
        let client = filledClient()
        let part = try #require(begin(client, fields: Self.unchanged.adding("Range", "bytes=0-0")).waiting)
        let swap = try #require(begin(client, fields: Self.unchanged.adding("If-Match", #""abc-1""#)).waiting)
        client.put("a", "new")
        let partial = await part.answer()
        #expect(partial.status == 206)
        #expect(partial.text == "n")
        let failed = await swap.answer()
        #expect(failed.status == 412)
        #expect(failed["ETag"] == #""abc-2""#)
        #expect(failed["Preference-Applied"] == "wait=30")
    }

    @Test func `who gives up leaves nothing behind`() throws {
        let client = filledClient(shards: 4)
        let waiting = try (0..<3).map { _ in try #require(begin(client).waiting) }
        for request in waiting {
            #expect(isWatched(client))
            request.end()
        }
        #expect(!isWatched(client))
        client.put("a", "new")
        #expect(waiting.allSatisfy { $0.resumeCount == 0 })
    }

    @Test func `one write wakes all who wait for the key`() async throws {
        let client = filledClient()
        let waiting = try (0..<100).map { _ in try #require(begin(client).waiting) }
        client.put("a", "new")
        for request in waiting { #expect(await request.answer().text == "new") }
        #expect(!isWatched(client))
    }
}
