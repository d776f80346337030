import CAllocator
import Glibc
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
            wakeUp.wait(until: .now + house.pause)
            house.keep()
        }
    }
}

/// What is done, and what is remembered from turn to turn.
private struct House {
    private let store: ShardedStore
    private let logger: Logger
    private let resident = ResidentMemory()
    private var memory: ExcessMemory

    /// How long to wait for the next turn: less where memory came together lately that could be returned, since more will.
    var pause: Duration { memory.isBusy(at: .now) ? .milliseconds(25) : .milliseconds(100) }

    init(_ store: ShardedStore, _ logger: Logger) {
        self.store = store
        self.logger = logger
        memory = ExcessMemory(limit: store.maximumMemory)
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
        returnMemory()
    }

    private mutating func returnMemory() {
        guard let before = resident?.count() else { return }
        memory.note(used: store.usedMemory, uploads: store.uploadBytes, resident: before)
        guard memory.mustReturn(at: .now) else { return }
        let start = processorTime()
        latchkey_return_free_memory()
        let duration = processorTime() - start
        let after = resident?.count() ?? before
        memory.noteReturn(resident: after, took: duration, at: .now)
        logger.debug(
            "returned memory",
            metadata: [
                "bytes": "\(before - after)", "resident": "\(after)", "used": "\(store.usedMemory)",
                "duration": "\(duration)",
            ])
    }
}

/// How long this thread has run on a processor.
private func processorTime() -> Duration {
    var time = timespec()
    // Unsafe: the call fills the struct it is given.
    _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
