import Glibc
import HTTPMessages
import Sockets
import TestSupport
import Testing

@testable import MicroHTTPD

/// What ends a wait but the response: the deadline, the client, the server.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct WaitingEndTests {
    @Test func `a deadline ends the wait, and not before`() async throws {
        let deadline = ContinuousClock.now + .milliseconds(300)
        try await withWaitingServer({ TestResponse(deadline: deadline) }) { live in
            let client = try live.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try eventually { live.responses.count == 1 })
            live.responses[0].resume()
            #expect(try client.response().status == 304)
            let asked = live.responses[0].asked
            #expect(asked.last == true)
            // Not at all before, where this machine was too slow to resume it.
            #expect(asked.dropLast().allSatisfy { !$0 })
            #expect(try #require(live.responses[0].lastAsked) >= deadline)
        }
    }

    @Test func `a deadline that is over already is met at once`() async throws {
        let deadline = ContinuousClock.now - .seconds(1)
        try await withWaitingServer({ TestResponse(deadline: deadline) }) { live in
            let client = try live.connect()
            #expect(try client.exchange("GET", "/wait").status == 304)
            #expect(live.responses[0].asked.last == true)
        }
    }

    @Test func `each of many deadlines is met, in whatever order they come`() async throws {
        let numbers = Counter()
        // From the latest to the earliest, then a last one far away.
        let make: @Sendable () -> TestResponse = {
            let number = numbers.next()
            return TestResponse(deadline: .now + (number < 200 ? .milliseconds(2_000 - 4 * number) : .seconds(3600)))
        }
        try await withWaitingServer(make) { live in
            var clients: [RawClient] = []
            for count in 1...201 {
                clients.append(try live.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n"))
                #expect(try eventually { live.responses.count == count })
            }
            // As late as whoever polls to the same deadlines on this machine, which is busy with other tests.
            let control = polledLateness(of: live.responses.dropLast().compactMap(\.deadline))
            for client in clients.dropLast() { #expect(try client.response().status == 304) }
            let lateness = live.responses.dropLast().compactMap { response in
                response.lastAsked.flatMap { asked in response.deadline.map { asked - $0 } }
            }
            #expect(lateness.count == 200)
            #expect(lateness.allSatisfy { $0 >= .zero })
            #expect(lateness.sorted()[100] <= control.sorted()[100] * 3 + .milliseconds(500))
            #expect(live.responses.dropLast().allSatisfy { $0.asked == [false, true] })
            #expect(live.server.waitingCount == 1)
        }
    }

    @Test(arguments: [false, true], ["", "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n"])
    func `a client that leaves ends its request`(byReset: Bool, pipelined: String) async throws {
        try await withWaitingServer { live in
            let sweepCount: Int
            do {
                let client = try await live.waiters()[0]
                try client.send(pipelined)
                if byReset {
                    var linger = linger(l_onoff: 1, l_linger: 0)
                    setsockopt(
                        client.connection.descriptor, SOL_SOCKET, SO_LINGER, &linger,
                        socklen_t(MemoryLayout<linger>.size))
                }
                sweepCount = live.server.sweepCount
            }
            #expect(try eventually { live.server.connectionCount == 0 })
            // One that was on its way when the client left, one that saw it, and one that came while it was ended.
            #expect(live.server.sweepCount - sweepCount <= 3)
            #expect(live.server.waitingCount == 0)
            #expect(live.responses.map(\.endCount) == [1])
            #expect(live.responses[0].asked.isEmpty)
            #expect(live.server.requestCounts.isEmpty)
        }
    }

    @Test func `among many, only the clients that leave end`() async throws {
        try await withWaitingServer { live in
            var staying: [RawClient] = []
            do {
                let clients = try await live.waiters(200)
                for (number, client) in clients.enumerated() where number % 3 == 0 { staying.append(client) }
            }
            #expect(try eventually { live.server.connectionCount == staying.count })
            #expect(live.server.waitingCount == staying.count)
            for response in live.responses { response.finish() }
            for client in staying { #expect(try client.response().status == 200) }
        }
    }

    @Test func `a drain waits for an answer that comes by itself`() async throws {
        let counter = Counter()
        try await withWaitingServer({ TestResponse(isAtWork: counter.next() == 0) }) { live in
            let atWork = try await live.waiters()[0]
            let other = try await live.waiters()[0]
            async let drained = live.server.drain(timeout: patience)
            #expect(try other.response().status == 304)
            #expect(live.server.waitingCount == 1)
            #expect(live.responses[0].asked.isEmpty)
            live.responses[0].finish()
            let response = try atWork.response()
            #expect(response.status == 200)
            #expect(response["Connection"] == "close")
            #expect(live.responses[0].asked == [false])
            #expect(await drained)
        }
    }

    @Test func `a stop does not wait for an answer that comes by itself`() async throws {
        try await withWaitingServer({ TestResponse(isAtWork: true) }) { live in
            let client = try await live.waiters()[0]
            #expect(await live.server.drain(timeout: .milliseconds(50)) == false)
            #expect(live.server.waitingCount == 1)
            live.server.stop()
            #expect(live.responses[0].asked == [true])
            _ = client
        }
    }

    @Test func `a drain answers at once those who wait, and ends their connections`() async throws {
        try await withWaitingServer { live in
            let clients = try await live.waiters(50)
            async let drained = live.server.drain(timeout: patience)
            for client in clients {
                let response = try client.response()
                #expect(response.status == 304)
                #expect(response["Connection"] == "close")
                #expect(try client.hasEnded())
            }
            #expect(await drained)
            #expect(live.responses.allSatisfy { $0.asked == [true] && $0.endCount == 1 })
        }
    }

    @Test func `nobody begins to wait in a drain`() async throws {
        try await withWaitingServer { live in
            let client = try live.connect()
            try client.send("PUT /wait HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try client.response().status == 100)
            let witness = try await live.waiters()[0]
            async let drained = live.server.drain(timeout: patience)
            #expect(try witness.response().status == 304)
            try client.send("ok")
            let response = try client.response()
            #expect(response.status == 304)
            #expect(response["Connection"] == "close")
            #expect(await drained)
            #expect(live.responses.allSatisfy { $0.startCount == 1 && $0.asked == [true] })
        }
    }

    @Test func `a stop ends those who wait, also without a drain, and may come twice`() async throws {
        try await withWaitingServer { live in
            let clients = try await live.waiters(50)
            live.server.stop()
            #expect(live.server.waitingCount == 0)
            #expect(live.responses.allSatisfy { $0.endCount == 1 })
            // Answered or not, their connections are closed.
            for client in clients { while !(try client.connection.receive().isEmpty) {} }
            for response in live.responses { response.resume() }
            live.server.stop()
        }
    }

    @Test func `a stop after a drain that gave up ends what is left`() async throws {
        try await withWaitingServer { live in
            let upload = try live.connect()
            try upload.send("PUT /wait HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try upload.response().status == 100)
            let clients = try await live.waiters(10)
            #expect(await live.server.drain(timeout: .milliseconds(50)) == false)
            live.server.stop()
            #expect(try upload.hasEnded())
            for client in clients { while !(try client.connection.receive().isEmpty) {} }
            #expect(live.responses.map(\.endCount) == [Int](repeating: 1, count: 10))
        }
    }
}

/// How late a thread is that polls to each of these deadlines. Blocks until all are over.
private func polledLateness(of deadlines: [ContinuousClock.Instant]) -> [Duration] {
    deadlines.sorted().map { deadline in
        while case let rest = deadline - .now, rest > .zero {
            poll(nil, 0, Int32((rest / .milliseconds(1)).rounded(.up)))
        }
        return .now - deadline
    }
}
