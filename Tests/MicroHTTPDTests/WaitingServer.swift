import ByteBuffers
import HTTPMessages
import Locks
import MicroHTTPD
import Sockets
import TestSupport

/// A response that a test gives when it likes: 200 with the request's target, or 304 where the request can't wait on.
final class TestResponse: PendingResponse {
    /// What was called, and what is to be said.
    struct State {
        var startCount = 0
        /// `isLast` of each time that the response was asked for.
        var asked: [Bool] = []
        var endCount = 0
        var isReady = false
        var resumption: (any Resumption)?
        /// When the response was asked for last.
        var lastAsked: ContinuousClock.Instant?
    }
    private let state = AnnotatedMutex(State())
    let deadline: ContinuousClock.Instant?
    let isAtWork: Bool
    private let onStart: @Sendable (TestResponse) -> Void
    private let onAsked: @Sendable (TestResponse) -> Void

    /// - Parameters:
    ///   - onStart: called when the request is about to wait.
    ///   - onAsked: called each time after the response was found not to be there.
    init(
        deadline: ContinuousClock.Instant? = nil, isAtWork: Bool = false,
        onStart: @escaping @Sendable (TestResponse) -> Void = { _ in },
        onAsked: @escaping @Sendable (TestResponse) -> Void = { _ in }
    ) {
        self.deadline = deadline
        self.isAtWork = isAtWork
        self.onStart = onStart
        self.onAsked = onAsked
    }

    func start(_ resumption: any Resumption) {
        state.withLock {
            $0.startCount += 1
            $0.resumption = resumption
        }
        onStart(self)
    }

    func response(to request: Request, isLast: Bool) -> Response? {
        let isReady = state.withLock {
            $0.asked.append(isLast)
            $0.lastAsked = .now
            return $0.isReady
        }
        if isReady {
            let target = Array(request.target.path) + (request.target.query.map { [UInt8(ascii: "?")] + $0 } ?? [])
            var response = Response(.ok, route: RouteID(rawValue: 0), body: .shared(SharedBytes(copying: target)))
            response.contentType = .plainText
            return response
        }
        if isLast { return Response(.notModified, route: RouteID(rawValue: 0)) }
        onAsked(self)
        return nil
    }

    func end() {
        state.withLock {
            $0.endCount += 1
            $0.resumption = nil
        }
    }

    // What the test does.

    /// Has the response asked for again.
    func resume() { state.withLock { $0.resumption }?.resume() }

    /// Gives the response.
    func finish() {
        state.withLock { $0.isReady = true }
        resume()
    }

    var asked: [Bool] { state.withLock { $0.asked } }
    var startCount: Int { state.withLock { $0.startCount } }
    var endCount: Int { state.withLock { $0.endCount } }
    var resumption: (any Resumption)? { state.withLock { $0.resumption } }
    var lastAsked: ContinuousClock.Instant? { state.withLock { $0.lastAsked } }
}

/// Answers later what begins with `/wait`, with what `make` makes, and all else at once with 204.
final class WaitingHandler: RequestHandler {
    private let made = AnnotatedMutex<[TestResponse]>([])
    private let make: @Sendable () -> TestResponse

    init(_ make: @escaping @Sendable () -> TestResponse) { self.make = make }

    /// The responses so far, in the order of the requests.
    var responses: [TestResponse] { made.withLock { $0 } }

    func receive(_ request: Request, into builder: inout BytesBuilder?) -> Reception {
        guard request.method == .put else { return .respondAtEnd }
        builder = BytesBuilder(capacity: request.announcedLength ?? 0, limit: 1 << 20)
        return .take
    }

    func respond(to request: Request, upload: consuming Upload) -> Response {
        guard request.target.path.starts(with: "/wait".utf8) else {
            return Response(.noContent, route: RouteID(rawValue: 0))
        }
        let response = make()
        made.withLock { $0.append(response) }
        return Response(later: response, route: RouteID(rawValue: 0))
    }
}

/// A server with such a handler.
struct WaitingServer: Sendable {
    let server: HTTPServer
    let handler: WaitingHandler

    var responses: [TestResponse] { handler.responses }

    func connect() throws -> RawClient { try RawClient(port: server.address.port) }

    /// A connection whose request has been sent.
    func send(_ request: String) throws -> RawClient {
        let client = try connect()
        try client.send(request)
        return client
    }

    /// Connections with a request each, all of which wait.
    func waiters(_ count: Int = 1, at target: String = "/wait") async throws -> [RawClient] {
        let before = server.waitingCount
        let clients = try (0..<count).map { _ in try send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n") }
        guard try eventually({ server.waitingCount == before + count }) else {
            throw Unexpected("only \(server.waitingCount - before) of \(count) requests wait")
        }
        return clients
    }
}

/// Runs `body`, which may block, with a server whose later responses `make` makes.
func withWaitingServer(
    threads: Int = 2, maximumConnections: Int = 256, deadlines: HTTPServer.Deadlines = .long(),
    _ make: @escaping @Sendable () -> TestResponse = { TestResponse() },
    _ body: @Sendable (WaitingServer) async throws -> Void
) async throws {
    let handler = WaitingHandler(make)
    let server = try HTTPServer(
        .init(
            host: "127.0.0.1", port: 0, threads: threads, maximumConnections: maximumConnections,
            deadlines: deadlines),
        handler: handler)
    let outcome: Result<Void, any Error>
    do {
        outcome = .success(try await blocking { try await body(WaitingServer(server: server, handler: handler)) })
    } catch {
        outcome = .failure(error)
    }
    try await blocking { server.stop() }
    for response in handler.responses where response.endCount != 1 {
        throw Unexpected("a request ended \(response.endCount) times")
    }
    try outcome.get()
}

/// Counts up from 0. Any thread.
final class Counter: Sendable {
    private let value = AnnotatedMutex(0)

    func next() -> Int {
        value.withLock {
            $0 += 1
            return $0 - 1
        }
    }
}
