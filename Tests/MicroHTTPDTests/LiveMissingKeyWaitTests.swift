import KeyValueStore
import MicroHTTPD
import TestSupport
import Testing

/// A request without a condition that waits for a key which is missing.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LiveMissingKeyWaitTests {
    @Test(arguments: [
        ("PUT", "/keys/a", "new"), ("POST", "/keys/a?op=incr", "1"), ("POST", "/keys/a?op=append", "new"),
        ("POST", "/keys/a?op=getset", "new"), ("POST", "/batch", "new"),
    ])
    func `whatever creates the key ends the wait`(method: String, target: String, text: String) async throws {
        try await withServer { live in
            let waiter = try await live.waiters(1, tag: nil)[0]
            let looker = try await live.waiters(1, "HEAD", tag: nil)[0]
            let content = target == "/batch" ? "PUT a 3\nnew\n" : "new"
            #expect(try live.connect().exchange(method, target, content: Array(content.utf8)).status < 300)
            let response = try waiter.response()
            #expect(response.status == 200)
            #expect(response.text == text)
            #expect(response["ETag"] == #""abc-1""#)
            #expect(response["Preference-Applied"] == "wait=300")
            let head = try looker.response(toHead: true)
            #expect(head.status == 200)
            #expect(head["Content-Length"] == "\(text.utf8.count)")
            #expect(try waiter.exchange("GET", "/livez").status == 200)
            #expect(try looker.exchange("GET", "/livez").status == 200)
        }
    }

    @Test func `a key that stays missing is 404 when the time is over, and not before`() async throws {
        try await withServer { live in
            let client = try live.connect()
            let before = ContinuousClock.now
            let response = try client.exchange("GET", "/keys/a", "Prefer: wait=1\r\n")
            #expect(ContinuousClock.now - before >= .seconds(1))
            #expect(response.status == 404)
            #expect(response["Preference-Applied"] == "wait=1")
            #expect(try client.exchange("GET", "/livez").status == 200)
        }
    }

    @Test func `all who wait for a missing key are answered after one write, but for those who left`() async throws {
        try await withServer { live in
            let other = try await live.waiters(1, key: "b", tag: nil)[0]
            let staying = try await live.waiters(100, tag: nil)
            do { _ = try await live.waiters(50, tag: nil) }
            #expect(try eventually { live.server.waitingCount == 101 })
            try live.put("a", [1])
            for client in staying { #expect(try client.response().body == [1]) }
            #expect(live.server.waitingCount == 1)
            try live.put("b", [2])
            #expect(try other.response().body == [2])
        }
    }

    @Test func `a drain answers who waits for a missing key with 404 at once`() async throws {
        try await withServer { live in
            let clients = try await live.waiters(20, tag: nil)
            async let drained = live.server.drain(timeout: patience)
            for client in clients {
                let response = try client.response()
                #expect(response.status == 404)
                #expect(response["Preference-Applied"] == "wait=300")
                #expect(response["Connection"] == "close")
                #expect(try client.hasEnded())
            }
            #expect(await drained)
        }
    }
}
