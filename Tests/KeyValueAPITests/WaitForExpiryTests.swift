import KeyValueAPI
import KeyValueStore
import Testing

// Values that expire while somebody waits.
extension WaitTests {
    @Test func `a wait is over when the value expires`() throws {
        let client = filledClient("?ttl=10")
        let waiting = try #require(begin(client).waiting)
        #expect(try #require(waiting.deadline) <= .now + .seconds(10))
        #expect(!waiting.isDue)
        clock.advance(by: .seconds(10))
        #expect(waiting.isDue)
        let answer = waiting.last()
        #expect(answer.status == 404)
        #expect(answer["Preference-Applied"] == "wait=30")
    }

    @Test func `a sweep wakes who waits for what it frees`() async throws {
        let client = filledClient("?ttl=10")
        let waiting = try #require(begin(client).waiting)
        clock.advance(by: .seconds(10))
        #expect(client.store.sweep().removedCount == 1)
        #expect(await waiting.answer().status == 404)
    }

    @Test func `a deadline that is moved moves the end of the wait`() async throws {
        let client = filledClient("?ttl=10")
        let waiting = try #require(begin(client).waiting)
        client.post("a", "touch&ttl=20")
        await waiting.resumed()
        // Nothing to tell yet: the tag is the same.
        #expect(waiting.ask() == nil)
        clock.advance(by: .seconds(19))
        #expect(!waiting.isDue)
        #expect(try #require(waiting.deadline) <= .now + .seconds(1))
        client.post("a", "touch&ttl=none")
        await waiting.resumed()
        #expect(waiting.ask() == nil)
        #expect(try #require(waiting.deadline) > .now + .seconds(1))
        clock.advance(by: .seconds(100))
        #expect(!waiting.isDue)
        #expect(waiting.last().status == 304)
    }

    @Test func `a value that lived for ever may be given a deadline meanwhile`() async throws {
        let client = filledClient()
        let waiting = try #require(begin(client).waiting)
        client.post("a", "touch&ttl=2")
        await waiting.resumed()
        #expect(waiting.ask() == nil)
        clock.advance(by: .seconds(2))
        #expect(waiting.isDue)
        #expect(waiting.last().status == 404)
    }
}
