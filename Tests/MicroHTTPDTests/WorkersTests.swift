import Foundation
import HTTPMessages
import Locks
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import MicroHTTPD
import Threads

/// Threads that run event loops, which change hands.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct WorkersTests {
    @Test func `requests are answered while loops go from one worker to another`() async throws {
        let server = try LoopServer(loopCount: 3, handler: HoldingHandler())
        let isDone = Atomic<Bool>(false)
        async let changes: Void = blocking {
            var generator = SeededGenerator(seed: 5)
            while !isDone.load(ordering: .relaxed) {
                server.workers.run(Int.random(in: 1...3, using: &generator))
                sched_yield()
            }
        }
        defer { server.stop() }
        try await blocking {
            defer { isDone.store(true, ordering: .relaxed) }
            let clients = try (0..<9).map { try server.connect(to: $0 % 3) }
            for _ in 0..<300 {
                for client in clients { try client.send() }
                for client in clients { #expect(try client.statusLine() == "HTTP/1.1 204 No Content") }
            }
        }
        try await changes
    }

    /// A loop's turn may last, where it copies a value of many mebibytes.
    @Test func `loops leave a worker that is held in another loop's turn`() async throws {
        let handler = HoldingHandler()
        let server = try LoopServer(loopCount: 2, handler: handler)
        defer { server.stop() }
        try await blocking {
            let (holder, other) = (try server.connect(to: 0), try server.connect(to: 1))
            server.workers.run(1)
            try other.send()
            #expect(try other.statusLine() == "HTTP/1.1 204 No Content")
            try holder.send("/hold")
            handler.waitUntilHeld()
            defer { handler.release() }
            try server.workers.startPacing(WorkerPacing(limit: 2, count: 1))
            try other.send()
            #expect(try other.statusLine() == "HTTP/1.1 204 No Content")
            #expect(server.workers.runningCount == 2)
        }
    }

    @Test func `the scheduler tells how long a thread ran`() async throws {
        try await blocking {
            guard let scheduling = ThreadScheduling.ofThisThread() else { throw Unexpected("no schedstat") }
            let first = scheduling.read()
            let start = try #require(first)
            let begin = monotonicNanoseconds()
            while monotonicNanoseconds() < begin + 20_000_000 {}
            sched_yield()
            let last = scheduling.read()
            let end = try #require(last)
            let elapsed = monotonicNanoseconds() - begin
            #expect(end.ran > start.ran)
            // It is counted to the last tick.
            #expect(end.ran - start.ran + (end.waited - start.waited) <= elapsed + 20_000_000)
        }
    }
}

/// Event loops and workers, without a port and without anybody who decides how many run.
private final class LoopServer: Sendable {
    let workers: Workers
    private let loops: [EventLoop]
    private let resumer: Resumer

    init(loopCount: Int, handler: any RequestHandler) throws {
        resumer = try Resumer(loopCount: loopCount)
        let lingering = LingeringSockets(wakeUp: try WakeUp())
        loops = try resumer.waiting.map {
            try EventLoop(
                handler: handler, connectionLimit: 20, skipLimit: 0, lingering: lingering, waiting: $0, recorder: nil)
        }
        workers = try Workers(loops)
        try workers.start()
        try resumer.start()
    }

    func connect(to index: Int) throws -> PairedClient { try PairedClient(of: loops[index]) }

    func stop() {
        resumer.stop()
        workers.stop()
        for loop in loops { loop.stop() }
    }
}
