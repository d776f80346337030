import HTTPMessages
import MicroHTTPD
import TestSupport
import Testing

/// Answers that come later.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct WaitingTests {
    @Test func `a request is answered when another thread resumes it, and its connection goes on`() async throws {
        try await withWaitingServer { live in
            let client = try await live.waiters(at: "/wait/for?it")[0]
            #expect(live.responses[0].asked.isEmpty)
            live.responses[0].finish()
            let response = try client.response()
            #expect(response.status == 200)
            #expect(response.text == "/wait/for?it")
            #expect(live.responses[0].asked == [false])
            #expect(try eventually { live.responses[0].endCount == 1 })
            #expect(live.server.waitingCount == 0)
            #expect(try client.exchange("GET", "/").status == 204)
        }
    }

    @Test func `a resumption before the request waits is not lost`() async throws {
        try await withWaitingServer({ TestResponse(onStart: { $0.finish() }) }) { live in
            let client = try live.connect()
            for number in 0..<100 {
                #expect(try client.exchange("GET", "/wait/\(number)").text == "/wait/\(number)")
            }
            #expect(live.responses.allSatisfy { $0.startCount == 1 && $0.asked == [false] })
        }
    }

    @Test func `a resumption while the response is asked for has it asked for again`() async throws {
        try await withWaitingServer({ TestResponse(onStart: { $0.resume() }, onAsked: { $0.finish() }) }) { live in
            let client = try live.connect()
            for _ in 0..<100 { #expect(try client.exchange("GET", "/wait").status == 200) }
            #expect(live.responses.allSatisfy { $0.asked == [false, false] })
        }
    }

    @Test func `a request without a response waits on`() async throws {
        try await withWaitingServer { live in
            let client = try await live.waiters()[0]
            let response = live.responses[0]
            for count in 1...20 {
                response.resume()
                #expect(try eventually { response.asked.count == count && live.server.waitingCount == 1 })
            }
            response.finish()
            #expect(try client.response().status == 200)
            #expect(response.asked == [Bool](repeating: false, count: 21))
            #expect(response.startCount == 1)
        }
    }

    @Test func `many resumptions at once have the response asked for, not each of them`() async throws {
        // All while the loop asks, so that none of them can be met before the last.
        let make: @Sendable () -> TestResponse = {
            TestResponse(onAsked: { response in
                if response.asked.count == 1 { for _ in 0..<10_000 { response.resume() } }
            })
        }
        try await withWaitingServer(threads: 1, make) { live in
            let client = try await live.waiters()[0]
            let response = live.responses[0]
            response.resume()
            #expect(try eventually { response.asked.count == 2 && live.server.waitingCount == 1 })
            // Who resumes has been through all by the time it has come to another.
            let other = try await live.waiters()[0]
            live.responses[1].finish()
            #expect(try other.response().status == 200)
            #expect(response.asked == [false, false])
            response.finish()
            #expect(try client.response().status == 200)
        }
    }

    @Test(arguments: ["GET", "HEAD", "PUT", "DELETE"])
    func `a request of any method may wait`(method: String) async throws {
        try await withWaitingServer { live in
            let client = try live.connect()
            try client.send("\(method) /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n")
            try client.send(pattern(70_000))
            #expect(try eventually { live.server.waitingCount == 1 })
            live.responses[0].finish()
            #expect(try client.response(toHead: method == "HEAD").status == 200)
            #expect(try client.exchange("GET", "/").status == 204)
        }
    }

    @Test func `a pipelined request behind one that waits is answered after it`() async throws {
        try await withWaitingServer { live in
            let client = try live.connect()
            try client.send(
                "GET / HTTP/1.1\r\nHost: x\r\n\r\n" + "GET /wait/1 HTTP/1.1\r\nHost: x\r\n\r\n"
                    + "GET /wait/2 HTTP/1.1\r\nHost: x\r\n\r\n" + "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.response().status == 204)
            for number in 1...2 {
                #expect(try eventually { live.server.waitingCount == 1 && live.responses.count == number })
                // More arrives in the meantime.
                try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                live.responses[number - 1].finish()
                #expect(try client.response().text == "/wait/\(number)")
            }
            for _ in 0..<3 { #expect(try client.response().status == 204) }
        }
    }

    @Test func `other requests go on meanwhile`() async throws {
        try await withWaitingServer(threads: 1) { live in
            let waiters = try await live.waiters(20)
            let client = try live.connect()
            for _ in 0..<200 { #expect(try client.exchange("GET", "/").status == 204) }
            #expect(live.server.waitingCount == 20)
            for response in live.responses { response.finish() }
            for waiter in waiters { #expect(try waiter.response().status == 200) }
        }
    }

    @Test func `a request waits for longer than any time-out`() async throws {
        let deadline = ContinuousClock.now + .seconds(7)
        try await withWaitingServer(deadlines: .everything(.seconds(4)), { TestResponse(deadline: deadline) }) { live in
            let client = try await live.waiters()[0]
            #expect(try client.response().status == 304)
            #expect(ContinuousClock.now >= deadline)
            #expect(try client.exchange("GET", "/").status == 204)
        }
    }

    @Test func `a resumption after the request has ended does nothing`() async throws {
        try await withWaitingServer { live in
            let client = try await live.waiters()[0]
            let old = try #require(live.responses[0].resumption)
            live.responses[0].finish()
            #expect(try client.response().status == 200)
            #expect(try eventually { live.responses[0].endCount == 1 })
            // Another waits on the same connection.
            try client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try eventually { live.server.waitingCount == 1 })
            for _ in 0..<1_000 { old.resume() }
            #expect(try live.connect().exchange("GET", "/").status == 204)
            #expect(live.responses[1].asked.isEmpty)
            live.responses[1].finish()
            #expect(try client.response().status == 200)
            #expect(live.responses[1].asked == [false])
            #expect(live.responses[0].asked == [false])
            live.server.stop()
            old.resume()
        }
    }
}
