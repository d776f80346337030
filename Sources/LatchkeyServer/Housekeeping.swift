import CAllocator
import KeyValueStore
import Locks
import Logging
import Sockets
import Synchronization
import Threads

/// A thread that frees what has expired, ten times a second, evicts what uploads and slow readers leave no room for, and gives memory
/// back to the system that the store does not need any more. It asks each shard for its counters, and where something may have expired, looks at its table.
///
/// No task, because Dispatch, on which tasks run, looks once a second at a file for each of its threads, and ends the process where
/// that cannot be opened. While requests are served and no task runs, it has none.
final class Housekeeper: Sendable {
    private let store: ShardedStore
    private let logger: Logger
    private let wakeUp: WakeUp
    private let isStopping = Atomic<Bool>(false)
    private let thread = JoinableThread()

    /// For this store. No thread is started yet.
    init(_ store: ShardedStore, logger: Logger) throws(SocketFailure) {
        self.store = store
        self.logger = logger
        wakeUp = try WakeUp()
    }

    /// Starts the thread; it keeps the housekeeper alive until it ends.
    func start() throws(SocketFailure) {
        try thread.start("housekeeping") { self.run() }
    }

    /// Blocks until the thread has ended, which it does before its next turn.
    func stop() {
        isStopping.store(true, ordering: .relaxed)
        wakeUp.signal()
        thread.join()
    }

    private func run() {
        var house = House(store, logger)
        while !isStopping.load(ordering: .relaxed) {
            wakeUp.wait(until: .now + .milliseconds(100))
            house.keep()
        }
    }
}

/// What is done, and what is remembered from turn to turn.
private struct House {
    private let store: ShardedStore
    private let logger: Logger
    private var memory = MemoryMark()
    private var turn = 0

    init(_ store: ShardedStore, _ logger: Logger) {
        self.store = store
        self.logger = logger
    }

    mutating func keep() {
        let result = store.sweep()
        store.evictExcess()
        if result.removedCount > 0 {
            logger.debug(
                "swept",
                metadata: [
                    "removed": "\(result.removedCount)", "steps": "\(result.stepCount)",
                    "longest_hold_ns": "\(result.longestHold)",
                ])
        }
        memory.note(payload: store.payloadBytes)
        turn += 1
        // Once a second at most, since it takes the allocator's locks for a while.
        guard turn.isMultiple(of: 10), memory.mustTrim() else { return }
        // The allocator keeps what lies between blocks in use, and gives it back only when it is told to.
        let start = monotonicNanoseconds()
        latchkey_return_free_memory()
        logger.debug("trimmed", metadata: ["ns": "\(monotonicNanoseconds() - start)"])
    }
}

/// The most that the store has held since memory was last given back.
struct MemoryMark {
    /// Bytes by which the payload must have fallen; less is soon in use again.
    static let threshold = 64 << 20
    private var highest = 0
    private var current = 0
    private var isFalling = false

    /// Takes down what the store holds.
    mutating func note(payload: Int) {
        isFalling = payload < current
        current = payload
        highest = max(highest, payload)
    }

    /// Whether the payload has fallen far enough below its mark, and falls no more: what keeps falling is waited for. Where
    /// it has, the mark starts anew.
    mutating func mustTrim() -> Bool {
        guard !isFalling, highest - current >= Self.threshold else { return false }
        highest = current
        return true
    }
}
