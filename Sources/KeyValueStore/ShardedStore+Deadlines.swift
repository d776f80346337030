public import ByteBuffers
import Locks
import Synchronization

extension ShardedStore {
    /// What became of an attempt to move a deadline.
    public enum MoveOutcome: Sendable {
        /// The entry has the deadline now, under the version it had before.
        case moved(Entry)
        /// The key was missing.
        case notFound
        /// The condition did not hold for this version. Nothing has changed.
        case conditionFailed(current: UInt64)
        /// There is no memory for the copy that has room for a deadline. Nothing has changed.
        case full
    }

    /// As `moveDeadline(of:to:if:copyingAtMost:)`, however large the value.
    public func moveDeadline(
        of key: BorrowedBytes, to deadline: UInt64, if condition: WriteCondition? = nil
    ) -> MoveOutcome {
        guard let outcome = moveDeadline(of: key, to: deadline, if: condition, copyingAtMost: .max) else {
            preconditionFailure("a value larger than any")
        }
        return outcome
    }

    /// Gives the entry for `key` another deadline, or `Entry.never`, if `condition` holds. The value and its version stay.
    ///
    /// - Parameter limit: bytes of a value after which an entry is not copied.
    /// - Returns: nil where a larger one would have to be; then nothing has changed.
    /// - Complexity: O(1) expected; O(value) once for an entry without room for a deadline, which is copied.
    /// - Locking: as any operation; the copy is made with the lock free, and thrown away where the entry has changed since.
    public func moveDeadline(
        of key: BorrowedBytes, to deadline: UInt64, if condition: WriteCondition? = nil, copyingAtMost limit: Int
    ) -> MoveOutcome? {
        let key = hashed(key)
        let cell = cell(of: key)
        expectSweeps()
        while true {
            let attempt = cell.pointee.lock.withLock(.write) {
                $0.moveDeadlineLocked(key, to: deadline, if: condition)
            }
            switch attempt {
            case .moved(let entry):
                notify(key, cell)
                return .moved(entry)
            case .notFound: return .notFound
            case .conditionFailed(let current): return .conditionFailed(current: current)
            case .needsCopy(let original):
                if original.value.count > limit { return nil }
                let copy = original.copyWithDeadline(deadline)
                let size = copy.memory.allocatedCount
                if memory.isExceeded(by: size), !makeRoom(for: size, key, if: condition) { return .full }
                if cell.pointee.lock.withLock(.write, { $0.exchangeLocked(original, for: copy, key: key) }) {
                    // Counted for a moment too long where nobody else owns it.
                    PinnedEntries.pin(original.memory, of: memory)
                    notify(key, cell)
                    return .moved(copy)
                }
            }
        }
    }

    /// Says that from now on a sweep may find something.
    func expectSweeps() {
        // Read first: all threads share the line, and a write would take it from them.
        if !hasDeadlines.load(ordering: .relaxed) { hasDeadlines.store(true, ordering: .relaxed) }
    }

    /// What a sweep has done.
    public struct SweepResult: Sendable {
        /// Entries removed.
        public var removedCount = 0
        /// How often a shard's lock was acquired to remove entries.
        public var stepCount = 0
        /// The longest time that a shard's lock was held, in nanoseconds.
        public var longestHold: UInt64 = 0
    }

    /// Frees all entries that have expired. Not to be called from two threads at once.
    ///
    /// - Complexity: O(shards) where nothing has expired; O(segments of the shards that have expired entries) else, and O(416)
    ///   for each segment that has.
    /// - Locking: acquires a shard's lock once for each segment with expired entries; holds it for no more than one of those.
    ///   Entries are released with the lock free. Not counted among the acquisitions.
    public func sweep() -> SweepResult {
        var result = SweepResult()
        guard hasDeadlines.load(ordering: .relaxed) else { return result }
        let now = clock.now
        var expired: [Entry] = []
        expired.reserveCapacity(Segment.maximumCount)
        for index in 0..<shardCount {
            let cell = cell(index)
            let isDue = cell.pointee.lock.withLockUncounted { shard, _ in shard.earliestDeadline <= now }
            var order: UInt64? = isDue ? 0 : nil
            while let start = order {
                let (next, hold) = step(of: cell, from: start, now: now, into: &expired)
                order = next
                result.stepCount += 1
                result.removedCount += expired.count
                result.longestHold = max(result.longestHold, hold)
                if !cell.pointee.watchers.isEmpty {
                    for entry in expired { notify(hashed(entry.memory.keyBytes), cell) }
                }
                for index in expired.indices { memory.noteDeparture(of: &expired[index]) }
                expired.removeAll(keepingCapacity: true)
            }
        }
        return result
    }

    private func step(
        of cell: UnsafeMutablePointer<Cell>, from order: UInt64, now: UInt64, into expired: inout [Entry]
    ) -> (next: UInt64?, hold: UInt64) {
        cell.pointee.lock.withLockForStep { shard in
            let start = monotonicNanoseconds()
            let next = shard.sweepLocked(from: order, now: now, into: &expired)
            return (next, monotonicNanoseconds() - start)
        }
    }
}

extension Entry {
    fileprivate func copyWithDeadline(_ deadline: UInt64) -> Entry {
        var builder = startSuccessor(
            hasDeadline: true, valueCount: value.count, maximumValueCount: value.count)
        let fits = value.withBorrowedBytes { builder.append($0) }
        precondition(fits, "a value of another size than its own")
        let copy = Entry(sealing: builder)
        copy.setDeadline(deadline)
        return copy
    }
}
