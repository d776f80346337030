import ByteBuffers
import Glibc
import HTTPMessages
import Locks
import MicroHTTPD
import Sockets
import TestSupport
import Testing

/// Many waits at once.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct WaitingLoadTests {
    @Test func `thousands wait without a thread each, and are answered when each is resumed once`() async throws {
        try requireDescriptors()
        let count = sized(2_000, underThreadSanitizer: 1_000)
        // Whatever thread a request is on gets this name, and so do those that it starts.
        let make: @Sendable () -> TestResponse = {
            TestResponse(deadline: .now + .seconds(3600), onStart: { _ in nameThread(threadName) })
        }
        try await withWaitingServer(threads: 2, maximumConnections: count, make) { live in
            let clients = try await live.waiters(count)
            #expect(try threadCount(named: threadName) == 2)
            let start = ContinuousClock.now
            for response in live.responses { response.finish() }
            for client in clients { #expect(try client.response().status == 200) }
            print("\(count) resumed and answered in \(ContinuousClock.now - start)")
            #expect(live.responses.allSatisfy { $0.asked == [false] })
        }
    }

    @Test func `resumed and left at random from many threads, every request ends, and nothing is kept`() async throws {
        let seed = UInt64.random(in: 1...UInt64.max)
        print("seed \(seed)")
        let watched = Watched()
        try await withRandomWaits(watched) { live, stopping in
            try await withThrowingTaskGroup(of: Void.self) { group in
                // Also where a client fails: the group waits for those who resume.
                defer { stopping.raise() }
                for number in 0..<8 {
                    group.addTask { try clientTurns(live, RandomNumbers(seed: seed &+ UInt64(number))) }
                }
                for number in 0..<3 {
                    group.addTask { resumeAtRandom(watched, stopping, RandomNumbers(seed: seed ^ UInt64(number))) }
                }
                for _ in 0..<8 { try await group.next() }
                stopping.raise()
                try await group.waitForAll()
            }
            #expect(try eventually { live.connectionCount == 0 && live.waitingCount == 0 })
        }
        #expect(watched.startedCount > 500)
        #expect(watched.aliveCount == 0)
    }

    @Test func `a stop among clients that come and go ends every request`() async throws {
        for round in 0..<15 {
            let watched = Watched()
            try await withRandomWaits(watched) { live, stopping in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    defer { stopping.raise() }
                    for number in 0..<4 {
                        // Some will find the server gone.
                        group.addTask { try? clientTurns(live, RandomNumbers(seed: UInt64(round * 10 + number + 1))) }
                    }
                    group.addTask { resumeAtRandom(watched, stopping, RandomNumbers(seed: UInt64(round + 1))) }
                    #expect(try eventually { watched.startedCount > 20 * round })
                    if round % 3 == 0 { _ = await live.drain(timeout: .milliseconds(round)) }
                    live.stop()
                    stopping.raise()
                    try await group.waitForAll()
                }
            }
            #expect(watched.aliveCount == 0)
        }
    }
}

/// Runs `body`, which may block, with a server all of whose `/wait` answers come later, and are watched.
private func withRandomWaits(
    _ watched: Watched, _ body: @escaping @Sendable (HTTPServer, Flag) async throws -> Void
) async throws {
    try await blocking {
        let server = try HTTPServer(
            .init(host: "127.0.0.1", port: 0, threads: 3, maximumConnections: 1_000),
            handler: RandomHandler(watched))
        defer { server.stop() }
        try await body(server, Flag())
    }
}

/// Sends requests, and reads their answers or leaves.
private func clientTurns(_ server: HTTPServer, _ source: RandomNumbers) throws {
    var random = source
    for _ in 0..<40 {
        let client = try RawClient(port: server.address.port)
        for _ in 0..<random.below(12) {
            let burst = 1 + random.below(3)
            for _ in 0..<burst {
                try client.send("GET /\(random.below(4) == 0 ? "" : "wait") HTTP/1.1\r\nHost: x\r\n\r\n")
            }
            if random.below(8) == 0 { break }
            for _ in 0..<burst {
                let status = try client.response().status
                guard [200, 204, 304].contains(status) else { throw Unexpected("status \(status)") }
            }
        }
    }
}

/// Resumes whatever waits, until it is told to stop.
private func resumeAtRandom(_ watched: Watched, _ stopping: Flag, _ source: RandomNumbers) {
    var random = source
    while !stopping.isRaised {
        for response in watched.some(random.below(1 << 20)) {
            if random.below(3) == 0 { response.resume() } else { response.finish() }
        }
        sched_yield()
    }
}

/// Answers `/wait` later, by chance also after a deadline of some milliseconds.
private final class RandomHandler: RequestHandler {
    private let watched: Watched
    init(_ watched: Watched) { self.watched = watched }

    func receive(_ request: Request, into builder: inout BytesBuilder?) -> Reception { .respondAtEnd }

    func respond(to request: Request, upload: consuming Upload) -> Response {
        guard request.target.path.starts(with: "/wait".utf8) else {
            return Response(.noContent, route: RouteID(rawValue: 0))
        }
        let deadline = Int.random(in: 0..<4) == 0 ? ContinuousClock.now + .milliseconds(Int.random(in: 0..<20)) : nil
        let response = TestResponse(deadline: deadline, onStart: { if Int.random(in: 0..<4) == 0 { $0.finish() } })
        watched.add(response)
        return Response(later: response, route: RouteID(rawValue: 0))
    }
}

/// Responses under test, none of which this keeps alive.
private final class Watched: Sendable {
    private struct Weak { weak var response: TestResponse? }
    private struct State {
        var startedCount = 0
        var alive: [Weak] = []
    }
    private let state = AnnotatedMutex(State())

    func add(_ response: TestResponse) {
        state.withLock {
            $0.startedCount += 1
            $0.alive.append(Weak(response: response))
        }
    }

    var startedCount: Int { state.withLock { $0.startedCount } }
    var aliveCount: Int { state.withLock { $0.alive.count { $0.response != nil } } }

    /// Some of those alive, from a place that `number` picks.
    func some(_ number: Int) -> [TestResponse] {
        state.withLock { state in
            state.alive.removeAll { $0.response == nil }
            guard !state.alive.isEmpty else { return [] }
            return state.alive.dropFirst(number % state.alive.count).prefix(8).compactMap(\.response)
        }
    }
}

/// Something that threads are told once.
final class Flag: Sendable {
    private let value = AnnotatedMutex(false)
    var isRaised: Bool { value.withLock { $0 } }
    func raise() { value.withLock { $0 = true } }
}

/// Numbers that are the same in every run with the same seed.
private struct RandomNumbers: Sendable {
    private var state: UInt64
    init(seed: UInt64) { state = seed | 1 }

    mutating func below(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state >> 20) % bound
    }
}

/// The name of the threads of one test, of at most 15 bytes.
private let threadName = "thousands wait"

/// Names the calling thread. `/proc/thread-self/comm`.
private func nameThread(_ name: String) {
    guard let file = fopen("/proc/thread-self/comm", "we") else { return }
    fputs(name, file)
    fclose(file)
}

/// The threads of this process that have this name. `/proc/self/task` has a directory for each.
private func threadCount(named name: String) throws -> Int {
    guard let directory = opendir("/proc/self/task") else { throw SocketFailure("list the threads") }
    defer { closedir(directory) }
    var count = 0
    while let entry = readdir(directory) {
        let task = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        // Gone, where the thread has ended meanwhile.
        guard let file = fopen("/proc/self/task/\(task)/comm", "re") else { continue }
        defer { fclose(file) }
        var line = [UInt8](repeating: 0, count: 32)
        let length = fread(&line, 1, line.count, file)
        if line[..<length].elementsEqual("\(name)\n".utf8) { count += 1 }
    }
    return count
}
