import ByteBuffers
import Glibc
import HTTPMessages
import Locks
import Synchronization
import Threads

/// An answer that would hold an event loop for too long: its work is done by a thread apart.
///
/// The work needs nobody else to come to its end, so a drain waits for it. Where the client has left or the server stops before
/// the work has changed anything, it changes nothing.
final class LongWork<Outcome: Sendable>: PendingResponse {
    private let queue: WorkQueue
    private let work: @Sendable (WorkStanding) -> Outcome?
    private let answer: @Sendable (Outcome, Request) -> Response
    private let route: Route
    private let standing = WorkStanding()
    private let outcome = AnnotatedMutex<Outcome?>(nil)

    /// - Parameters:
    ///   - hasBegun: whether something was changed already.
    ///   - work: done on the thread of `queue`. Calls `begin` before it changes anything; nil where it was given up.
    ///   - answer: makes the answer, on the thread of the request's event loop.
    init(
        on queue: WorkQueue, _ route: Route, hasBegun: Bool = false,
        _ work: @escaping @Sendable (WorkStanding) -> Outcome?,
        answer: @escaping @Sendable (Outcome, Request) -> Response
    ) {
        if hasBegun { _ = standing.begin() }
        self.queue = queue
        self.route = route
        self.work = work
        self.answer = answer
    }

    var deadline: ContinuousClock.Instant? { nil }
    var isAtWork: Bool { true }

    func start(_ resumption: any Resumption) {
        queue.add { [self] in
            let made = standing.isGivenUp ? nil : work(standing)
            outcome.withLock { $0 = made }
            standing.finish()
            resumption.resume()
        }
    }

    func response(to request: Request, isLast: Bool) -> Response? {
        // What has begun is as good as done, and whoever asked for it is told.
        if isLast, !standing.giveUp() { standing.waitUntilDone() }
        if let made = outcome.withLock({ $0.take() }) { return answer(made, request) }
        guard isLast else { return nil }
        return Problem(.serviceUnavailable, "the server is stopping; nothing was done")
            .response(route: route.id, asJSON: request.prefersJSON)
    }

    func end() { _ = standing.giveUp() }
}

/// Whether work is wanted, and whether it can still be taken back.
final class WorkStanding: Sendable {
    private enum State: UInt8, AtomicRepresentable { case open, begun, done, givenUp }
    private let state = Atomic<State>(.open)

    /// Whether nobody wants the work any more.
    var isGivenUp: Bool { state.load(ordering: .relaxed) == .givenUp }

    /// To be called before anything is changed, also more than once: from then on the work can't be given up.
    ///
    /// - Returns: false where it was given up, and nothing may be changed.
    func begin() -> Bool {
        let (exchanged, original) = state.compareExchange(
            expected: .open, desired: .begun, ordering: .acquiringAndReleasing)
        return exchanged || original == .begun
    }

    /// - Returns: whether the work is given up, because it had not begun.
    fileprivate func giveUp() -> Bool {
        let (exchanged, original) = state.compareExchange(
            expected: .open, desired: .givenUp, ordering: .acquiringAndReleasing)
        return exchanged || original == .givenUp
    }

    fileprivate func finish() {
        // Given up meanwhile, by whoever does not ask any more.
        if state.load(ordering: .relaxed) != .givenUp { state.store(.done, ordering: .releasing) }
    }

    /// Work that has begun is nearly done. Only where the server stops.
    fileprivate func waitUntilDone() {
        while state.load(ordering: .acquiring) == .begun { sched_yield() }
    }
}

/// The threads that long work is done by: a few, which live as long as there is some.
final class LongWorkers: Sendable {
    private static let count = 4
    private let queues = (0..<count).map { _ in WorkQueue() }

    /// The queue for work on a key. One after the other, so that what makes a new value of the old one is not undone by its like.
    func queue(for key: SharedBytes) -> WorkQueue {
        var hasher = Hasher()
        key.withBorrowedBytes { for byte in $0 { hasher.combine(byte) } }
        return queues[Int(UInt(bitPattern: hasher.finalize()) % UInt(Self.count))]
    }

    /// A queue for work that may be done beside any other.
    func anyQueue() -> WorkQueue { queues.randomElement() ?? queues[0] }
}
