import Locks
import Synchronization

/// A mutex around a value that cannot be reached without it, which knows how long it was waited for.
///
/// An acquisition that finds the lock free reads no clock: it costs one counter in memory that the caller is about to
/// touch anyway. Never recursive. The closures are not async, so no lock is held across a suspension.
struct ShardLock<State: ~Copyable & Sendable>: ~Copyable {
    struct Protected: ~Copyable, Sendable {
        var state: State
        var statistics = LockStatistics()
    }

    private let mutex: AnnotatedMutex<Protected>
    /// Threads that wait for the lock at this moment. Written by them only, off the uncontended path.
    private let waiting = Atomic<Int>(0)

    init(_ state: consuming State) {
        mutex = AnnotatedMutex(Protected(state: state))
    }

    /// Calls `body` with the state, under the lock. Blocks until the lock is free, and counts how long that took.
    @inline(__always)
    borrowing func withLock<Result: Sendable>(
        _ operation: LockOperation, _ body: (inout State) -> Result
    ) -> Result {
        let immediate = mutex.withLockIfAvailable { protected in
            protected.statistics.recordUncontended(operation)
            return body(&protected.state)
        }
        return if let immediate { immediate } else { withLockSlow(operation, body) }
    }

    @inline(never)
    private borrowing func withLockSlow<Result: Sendable>(
        _ operation: LockOperation, _ body: (inout State) -> Result
    ) -> Result {
        waiting.add(1, ordering: .relaxed)
        let start = monotonicNanoseconds()
        return mutex.withLock { protected in
            let now = monotonicNanoseconds()
            waiting.subtract(1, ordering: .relaxed)
            protected.statistics.recordContended(operation, waited: now - start, now: now)
            return body(&protected.state)
        }
    }

    /// Calls `body` with the state and the statistics, under the lock, without counting this acquisition: for the
    /// scrape, which would otherwise find itself in its figures, and for housekeeping, which no request waits for.
    borrowing func withLockUncounted<Result: Sendable>(
        _ body: (inout State, LockStatistics) -> Result
    ) -> Result {
        mutex.withLock { protected in body(&protected.state, protected.statistics) }
    }

    /// Threads that wait at this moment.
    var waiters: Int { waiting.load(ordering: .relaxed) }
}
