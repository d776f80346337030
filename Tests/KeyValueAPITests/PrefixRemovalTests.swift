import Glibc
import KeyValueStore
import Synchronization
import TestSupport
import Testing

@testable import KeyValueAPI

/// `DELETE /keys`: all keys with a prefix.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct PrefixRemovalTests {
    private func filledClient(_ count: Int = 100, shards: Int = 8) -> InProcessClient {
        let client = InProcessClient(shards: shards)
        for number in 0..<count { client.put("\(number.isMultiple(of: 2) ? "even" : "odd")/\(number)", "v") }
        return client
    }

    private func remove(
        _ client: InProcessClient, _ query: String, _ fields: InProcessClient.Fields = [:]
    ) async throws -> Answer {
        let outcome = client.begin("DELETE", Array("/keys/\(query)".utf8), fields)
        return try await #require(outcome.waiting).answer()
    }

    @Test func `the keys with a prefix go, and no others`() async throws {
        let client = filledClient()
        let answer = try await remove(client, "?prefix=even/")
        #expect(answer.status == 200)
        #expect(answer.text == "50\n")
        #expect(answer.names == ["Cache-Control", "Content-Type", "Date", "Vary"])
        #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
        #expect(answer.route == .collection)
        #expect(client.keyCount == 50)
        #expect(client.listed().allSatisfy { $0.hasPrefix("odd/") })
        #expect(try await remove(client, "?prefix=even/").text == "0\n")
    }

    @Test func `more removals than may be at work are told to come again`() async throws {
        let client = filledClient()
        for _ in 0..<RemovalSlots.count { #expect(client.api.removalSlots.take()) }
        let answer = client.send("DELETE", "/keys?all=true")
        #expect(answer.status == 503)
        #expect(answer["Retry-After"] == "1")
        #expect(answer.text == "4 removals by prefix are at work already\n")
        client.api.removalSlots.giveBack()
        // Each gives its place back when it is done.
        for _ in 0..<3 { #expect(try await remove(client, "?all=true").status == 200) }
        #expect(client.keyCount == 0)
    }

    @Test func `the number is JSON for those who prefer it`() async throws {
        let answer = try await remove(filledClient(), "?prefix=odd", ["Accept": "application/json"])
        #expect(answer["Content-Type"] == "application/json")
        #expect(answer.text == "{\"removed\":50}\n")
    }

    @Test(arguments: ["?all=true", "?prefix=&all=true", "?all=true&prefix="])
    func `all keys go where that is said`(query: String) async throws {
        let client = filledClient(shards: 64)
        #expect(try await remove(client, query).text == "100\n")
        #expect(client.keyCount == 0)
        #expect(try await remove(client, query).text == "0\n")
    }

    @Test func `a prefix is bytes, percent-encoded`() async throws {
        let client = InProcessClient()
        for key in ["a%00b", "a%00c", "a", "%ff"] { client.put(key, "v") }
        #expect(try await remove(client, "?prefix=%61%00").text == "2\n")
        #expect(try await remove(client, "?prefix=%FF&all=true").text == "1\n")
        #expect(client.listed() == ["a"])
    }

    @Test func `what has expired does not count`() async throws {
        let clock = HandClock()
        let client = InProcessClient(clock: clock.clock)
        client.put("a?ttl=1", "v")
        client.put("b", "v")
        clock.advance(by: .seconds(1))
        #expect(try await remove(client, "?all=true").text == "1\n")
    }

    @Test(arguments: [
        ("", "name a prefix, as in ?prefix=x, or say all=true to remove every key"),
        ("?prefix=", "name a prefix, as in ?prefix=x, or say all=true to remove every key"),
        ("?all=false", "all 'false' is not true"), ("?all", "all '' is not true"),
        ("?all=TRUE", "all 'TRUE' is not true"),
        ("?prefix=x&all=1", "all '1' is not true"),
        ("?prefix=a&prefix=b", "query parameter 'prefix' is given more than once"),
        ("?limit=1", "unknown query parameter 'limit'"),
        ("?prefix=%zz", "'%zz' in the prefix is not a percent escape of two hex digits"),
    ])
    func `nothing goes where it is not said what`(query: String, text: String) {
        let client = filledClient(10)
        let answer = client.send("DELETE", "/keys\(query)")
        #expect(answer.status == 400)
        #expect(answer.text == "\(text)\n")
        #expect(client.keyCount == 10)
    }

    @Test(arguments: ["If-Match", "If-None-Match"])
    func `conditions are for one key`(name: String) {
        let client = filledClient(10)
        for list in ["*", #""abc-1""#, "nonsense", ""] {
            let answer = client.send("DELETE", "/keys?all=true", InProcessClient.Fields([(name, list)]))
            #expect(answer.status == 400)
            #expect(answer.text == "\(name) goes with one key, not with all that have a prefix\n")
        }
        #expect(client.keyCount == 10)
    }

    @Test(arguments: [nil, "application/json"])
    func `a removal that a stop cuts short says so and ends`(accept: String?) async throws {
        let gate = Gate()
        let client = InProcessClient(clock: StoreClock { gate.passThrough() })
        // Only entries with deadlines ask for the time.
        for number in 0..<5_000 { client.put("\(number)?ttl=60", "v") }
        gate.close()
        let fields = accept.map { ["Accept": $0] as InProcessClient.Fields } ?? [:]
        let waiting = try #require(client.begin("DELETE", Array("/keys?all=true".utf8), fields).waiting)
        #expect(waiting.deadline == nil)
        #expect(waiting.ask() == nil)
        let answer = waiting.last()
        #expect(answer.status == 503)
        #expect(answer["Retry-After"] == "1")
        #expect(answer["Content-Type"] == (accept == nil ? "text/plain; charset=utf-8" : "application/problem+json"))
        #expect(answer.text.contains("the server is stopping; 0 keys were removed, others were not"))
        gate.open()
        await waiting.resumed()
        #expect(client.keyCount > 0)
    }

    @Test func `a removal goes on where its client has left`() async throws {
        let client = filledClient(1_000)
        let waiting = try #require(client.begin("DELETE", Array("/keys?all=true".utf8)).waiting)
        waiting.end()
        await waiting.resumed()
        #expect(client.keyCount == 0)
    }

    @Test func `of concurrent removals each key counts for one`() async throws {
        let client = filledClient(2_000)
        let removed = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 { group.addTask { Int(try await remove(client, "?all=true").lines.first ?? "") ?? -1 } }
            return try await group.reduce(0, +)
        }
        #expect(removed == 2_000)
        #expect(client.keyCount == 0)
    }
}

/// Lets nobody read the time while it is closed.
private final class Gate: Sendable {
    private let isClosed = Atomic(false)

    func close() { isClosed.store(true, ordering: .releasing) }

    func open() { isClosed.store(false, ordering: .releasing) }

    func passThrough() -> UInt64 {
        while isClosed.load(ordering: .acquiring) { usleep(100) }
        return 1_000
    }
}
