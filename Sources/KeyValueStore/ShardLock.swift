import Locks
import Synchronization

/// A mutex around a value that cannot be reached without it, which knows how long it was waited for and held.
///
/// An acquisition that finds the lock free reads the clock once in `ImmediateAcquisitions.sampleSpacing` times; else it costs
/// one counter in memory that the caller is about to touch anyway. Never recursive. The closures are not async, so no lock is held across a suspension.
struct ShardLock<State: ~Copyable & Sendable>: ~Copyable {
    /// In this order because a line of the cache that one processor has written must be fetched by the next: an acquisition
    /// that does not wait writes its count and the first bytes of the state, which then lie in one line with the lock's word.
    struct Protected: ~Copyable, Sendable {
        var immediate = ImmediateAcquisitions()
        var state: State
        var statistics = LockStatistics()
    }

    private let mutex: BargingMutex<Protected>
    /// Threads that wait for the lock at this moment. Written by them only, off the uncontended path.
    private let waiting = Atomic<Int>(0)

    init(_ state: consuming State) {
        mutex = BargingMutex(Protected(state: state))
    }

    /// Calls `body` with the state, under the lock. Blocks until the lock is free, and counts how long that took.
    ///
    /// - Parameter isLong: whether `body` does more than look at a slot, so that how long it takes is always recorded.
    @inline(__always)
    borrowing func withLock<Result: Sendable>(
        _ operation: LockOperation, isLong: Bool = false, _ body: (inout State) -> Result
    ) -> Result {
        mutex.withLock(whenHeld: { beginWait() }) { protected, asked in
            // 0 where the hold is not timed.
            var start: UInt64 = 0
            if let asked {
                start = endWait(since: asked, operation, &protected.statistics)
            } else if protected.immediate.record(operation) || isLong {
                start = monotonicNanoseconds()
            }
            let result = body(&protected.state)
            if start != 0 { protected.statistics.recordHold(since: start, now: monotonicNanoseconds()) }
            return result
        }
    }

    @inline(never)
    private borrowing func beginWait() -> UInt64 {
        waiting.add(1, ordering: .relaxed)
        return monotonicNanoseconds()
    }

    /// Records a wait that began at `asked`. Under the lock.
    ///
    /// - Returns: when it ended.
    @inline(never)
    private borrowing func endWait(
        since asked: UInt64, _ operation: LockOperation, _ statistics: inout LockStatistics
    ) -> UInt64 {
        let start = monotonicNanoseconds()
        waiting.subtract(1, ordering: .relaxed)
        ThreadLockWait.add(nanoseconds: start - asked)
        statistics.recordContended(operation, waited: start - asked, now: start)
        return start
    }

    /// Calls `body` with the state, under the lock, for a step of a listing or a sweep. Recorded among the holds, and not counted
    /// as an acquisition.
    borrowing func withLockForStep<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        mutex.withLock { protected in
            let start = monotonicNanoseconds()
            let result = body(&protected.state)
            protected.statistics.recordHold(since: start, now: monotonicNanoseconds())
            return result
        }
    }

    /// Calls `body` with the state and the statistics, under the lock, without counting this acquisition: for the
    /// scrape, which would otherwise find itself in its figures, and for a glance at the counts.
    borrowing func withLockUncounted<Result: Sendable>(
        _ body: (inout State, LockStatistics) -> Result
    ) -> Result {
        mutex.withLock { protected in
            var statistics = protected.statistics
            statistics.add(protected.immediate)
            return body(&protected.state, statistics)
        }
    }

    /// Threads that wait at this moment.
    var waiters: Int { waiting.load(ordering: .relaxed) }
}
