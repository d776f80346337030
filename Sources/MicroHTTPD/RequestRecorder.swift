public import HTTPMessages
import Locks
import Sockets
import Synchronization
import Threads

/// A request that was answered, for a log.
public struct RequestRecord: Sendable {
    /// The method; `unknown` for all that have no name here.
    public let method: Method
    /// The group of resources.
    public let route: RouteID
    /// The answer's status.
    public let status: Status
    /// Bytes of content that came.
    public let receivedCount: Int
    /// Bytes of content that went; 0 where `wasSent` is false.
    public let sentCount: Int
    /// Whether the answer was sent to its last byte.
    public let wasSent: Bool
    /// Whether the request waited for a change or for long work.
    public let hasWaited: Bool
    /// From the request line to the last byte of the answer.
    public let nanoseconds: UInt64
    /// Time that the request waited for locks, in nanoseconds.
    public let lockWait: UInt64
    /// The request target as it came, where the log asks for it.
    public let target: String?
}

/// Which requests are logged, and by whom.
public struct RequestLogging: Sendable {
    /// Whether all requests are; else those that take long are.
    public var takesAll: Bool
    /// Whether their targets are.
    public var takesTargets: Bool
    /// What takes long. Requests that wait for a change do not.
    public var slowDuration: Duration
    /// Writes the log, on a thread of its own. The second is how many requests are missing in front of these, because this
    /// did not keep up.
    public var write: @Sendable (_ records: [RequestRecord], _ droppedCount: Int) -> Void

    /// Logs in this way.
    public init(
        takesAll: Bool, takesTargets: Bool, slowDuration: Duration,
        write: @escaping @Sendable (_ records: [RequestRecord], _ droppedCount: Int) -> Void
    ) {
        self.takesAll = takesAll
        self.takesTargets = takesTargets
        self.slowDuration = slowDuration
        self.write = write
    }
}

/// Requests of one event loop that are to be logged.
final class RequestRecorder: Sendable {
    /// What waits to be written at most; more is dropped, so that a log that stands still keeps no request waiting.
    static let capacity = 8192
    let takesAll: Bool
    let takesTargets: Bool
    /// A request that lasted so many nanoseconds is taken.
    let threshold: UInt64
    private let pending = AnnotatedMutex(Pending())
    private let wakeUp: WakeUp

    struct Pending: Sendable {
        var records: [RequestRecord] = []
        var droppedCount = 0
    }

    /// - Parameter wakeUp: ends the wait of the `RequestReporter`.
    init(_ logging: RequestLogging, wakeUp: WakeUp) {
        takesAll = logging.takesAll
        takesTargets = logging.takesTargets
        let (seconds, attoseconds) = logging.slowDuration.components
        let slow = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        threshold =
            if logging.takesAll { 0 } else if slow.overflow { .max } else {
                slow.partialValue + UInt64(clamping: attoseconds / 1_000_000_000)
            }
        self.wakeUp = wakeUp
    }

    /// Adds a request. On the loop's thread; takes a lock that is held for moments only.
    func add(_ record: RequestRecord) {
        let mustSignal = pending.withLock { pending in
            guard pending.records.count < Self.capacity else {
                pending.droppedCount += 1
                return false
            }
            pending.records.append(record)
            return pending.records.count == 1
        }
        if mustSignal { wakeUp.signal() }
    }

    /// Takes what has been added.
    fileprivate func take() -> Pending {
        pending.withLock { pending in
            let taken = pending
            pending = Pending()
            return taken
        }
    }
}

/// The thread that hands requests of all event loops to the log.
final class RequestReporter: Sendable {
    /// Of each event loop.
    let recorders: [RequestRecorder]
    private let write: @Sendable ([RequestRecord], Int) -> Void
    private let wakeUp: WakeUp
    private let isStopping = Atomic<Bool>(false)
    private let thread = JoinableThread()

    /// For so many event loops. The thread is not started yet.
    init(_ logging: RequestLogging, loopCount: Int) throws(SocketFailure) {
        let wakeUp = try WakeUp()
        self.wakeUp = wakeUp
        write = logging.write
        recorders = (0..<loopCount).map { _ in RequestRecorder(logging, wakeUp: wakeUp) }
    }

    /// Starts the thread; it keeps the reporter alive until it ends.
    func start() throws(SocketFailure) {
        try thread.start("logging") { self.run() }
    }

    /// Writes what there is, and blocks until the thread has ended.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        wakeUp.signal()
        thread.join()
    }

    private func run() {
        while true {
            // Read before: what was added before the stop is written.
            let isLast = isStopping.load(ordering: .acquiring)
            for recorder in recorders {
                let taken = recorder.take()
                if !taken.records.isEmpty { write(taken.records, taken.droppedCount) }
            }
            if isLast { return }
            wakeUp.wait(until: nil)
        }
    }
}
