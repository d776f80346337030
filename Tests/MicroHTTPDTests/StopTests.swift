import ByteBuffers
import Foundation
import HTTPMessages
import Locks
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import MicroHTTPD
import Threads

/// An event loop that is stopped while it answers.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct StopTests {
    /// The library takes no response any more once it is being stopped, though it says that it does, and comes back for
    /// another one.
    @Test func `a stop while a later answer is given does not ask for it again`() async throws {
        try await blocking {
            let response = HeldResponse()
            let resumer = try Resumer(loopCount: 1)
            let loop = try EventLoop(
                handler: HeldHandler(response), connectionLimit: 2, skipLimit: 0,
                lingering: LingeringSockets(wakeUp: try WakeUp()), waiting: resumer.waiting[0], recorder: nil)
            let workers = try Workers([loop])
            try workers.start()
            try resumer.start()
            let client = try PairedClient(of: loop)
            try client.send("/wait")
            #expect(try eventually { resumer.waiting[0].count == 1 })
            response.resume()
            #expect(try eventually { response.askedCount == 1 })

            let stopper = AnnotatedMutex<String?>(nil)
            async let stopped: Void = {
                let thread = try currentThreadName()
                stopper.withLock { $0 = thread }
                workers.stop()
                loop.stop()
            }()
            // It sleeps only to wait for the end of the loop's thread, which is held until then.
            #expect(try eventually { try stopper.withLock { $0 }.map(isAsleep) ?? false })
            response.release()
            try await stopped
            resumer.stop()
            #expect(response.askedCount == 1)
        }
    }
}

/// An answer that is given late, by a thread that is held meanwhile.
private final class HeldResponse: PendingResponse {
    private let resumption = AnnotatedMutex<(any Resumption)?>(nil)
    private let asked = Atomic<Int>(0)
    private let gate = DispatchSemaphore(value: 0)

    var deadline: ContinuousClock.Instant? { nil }
    var askedCount: Int { asked.load(ordering: .relaxed) }

    func start(_ resumption: any Resumption) { self.resumption.withLock { $0 = resumption } }
    func resume() { resumption.withLock { $0 }?.resume() }
    func release() { gate.signal() }

    func response(to request: Request, isLast: Bool) -> Response? {
        if asked.add(1, ordering: .relaxed).newValue == 1 { gate.wait() }
        return Response(.noContent, route: RouteID(rawValue: 0))
    }

    func end() { resumption.withLock { $0 = nil } }
}

private final class HeldHandler: RequestHandler {
    private let response: HeldResponse

    init(_ response: HeldResponse) { self.response = response }

    func receive(_ request: Request, into builder: inout BytesBuilder?) -> Reception { .respondAtEnd }
    func respond(to request: Request, upload: consuming Upload) -> Response {
        Response(later: response, route: RouteID(rawValue: 0))
    }
}
