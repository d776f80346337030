/// One shard: a table and its counts. The shard's lock guards all of it, and every method here runs under that lock:
/// none frees, logs or calls out. What is displaced goes back to the caller, to be released after unlocking.
///
/// An entry that has expired is treated as missing from that moment on, and taken out by the next sweep.
struct Shard: ~Copyable {
    // In this order: what a look-up touches, what a write touches, the rest. See `ShardLock.Protected`.
    /// Whether entries are evicted, so that it matters how often they are used.
    private let evicts: Bool
    var table = Table()
    var counts = ShardCounts()
    private var lastVersion: UInt64 = 0
    /// No entry expires before this.
    var earliestDeadline = Entry.never
    let clock: StoreClock
    let memory: MemoryBudget
    var eviction = Eviction()
    private let hash: KeyHash

    init(
        hash: KeyHash, clock: StoreClock = .monotonic, memory: MemoryBudget = MemoryBudget(limit: .max),
        policy: EvictionPolicy = .none
    ) {
        self.hash = hash
        self.clock = clock
        self.memory = memory
        evicts = policy != .none
        memory.reportTables(Segment.allocatedCount)
    }

    /// The entry for `key`, as one more owner. O(1) expected.
    @inline(__always)
    mutating func lookUpLocked(_ key: HashedKey) -> Entry? {
        let slot = table.slot(for: key)
        if slot.isEmpty || slot.memory.isExpired(by: clock) {
            counts.misses &+= 1
            return nil
        }
        counts.hits &+= 1
        if evicts { slot.memory.noteUseLocked() }
        return slot.entry
    }

    /// The entry for `key`, as one more owner, for a write that is prepared: not counted as a look-up. O(1) expected.
    @inline(__always)
    func peekLocked(_ key: HashedKey) -> Entry? {
        let slot = table.slot(for: key)
        return slot.isEmpty || slot.memory.isExpired(by: clock) ? nil : slot.entry
    }

    /// What became of a write attempt. Where nothing is written, the slot's ownership stays with the caller.
    enum PutAttempt: Sendable {
        /// With the slot of an entry that had expired, which is the caller's from then on, or an empty one.
        case created(version: UInt64, expired: Slot)
        /// With the slot of the entry that was replaced, which is the caller's.
        case replaced(version: UInt64, displaced: Slot)
        case conditionFailed(current: UInt64?)
        /// Nothing is written: come again with room for a directory of this depth.
        case needsRoom(directoryDepth: Int)
        /// Nothing is written: come again after `giveLocked`.
        case needsQueueRoom(Eviction.Needs)
    }

    /// Publishes the entry that `slot` owns under its key, if `condition` holds. O(1) expected; with `room`, at most one
    /// segment is split.
    ///
    /// - Parameter keepsDeadline: whether the entry, which then has room for one, takes over the deadline of the one there.
    @inline(__always)
    mutating func putLocked(
        _ slot: Slot, key: HashedKey, if condition: WriteCondition?, keepsDeadline: Bool, room: inout Table.Room?
    ) -> PutAttempt {
        var place = table.place(of: key)
        let current = place.version(at: clock)
        if let condition, !condition.holds(for: current) { return .conditionFailed(current: current) }
        if evicts, let needs = eviction.needs(entryCount: table.count) { return .needsQueueRoom(needs) }
        if place.isFree, table.isFull(at: place) {
            splitLocked(segmentOf: key, &room)
            place = table.place(of: key)
            // No room was given, or others have doubled the directory meanwhile, or all keys went to the same side.
            if table.isFull(at: place) { return .needsRoom(directoryDepth: table.directoryDepth) }
        }
        let entry = slot.memory
        if keepsDeadline, let current {
            let deadline = place.slot.memory.deadline
            if entry.hasDeadline {
                entry.setDeadline(deadline)
            } else if deadline != Entry.never {
                // It was given one since the new entry was made, without room for that.
                return .conditionFailed(current: current)
            }
        }
        lastVersion &+= 1
        entry.version = lastVersion
        if evicts {
            // A write is a use.
            entry.use = place.isFree ? eviction.firstUse(hash: key.hash) : place.slot.memory.use.raised
            enqueueLocked(entry, hash: key.hash)
        }
        counts.add(entry)
        if entry.hasDeadline { expectLocked(entry.deadline, at: place) }
        if place.isFree {
            table.insert(at: place, slot)
            counts.report(to: memory)
            return .created(version: lastVersion, expired: .empty)
        }
        counts.subtract(place.slot.memory)
        counts.report(to: memory)
        let displaced = table.replace(at: place, with: slot)
        guard current != nil else {
            counts.expired &+= 1
            return .created(version: lastVersion, expired: displaced)
        }
        return .replaced(version: lastVersion, displaced: displaced)
    }

    @inline(never)
    private mutating func splitLocked(segmentOf key: HashedKey, _ room: inout Table.Room?) {
        guard var given = room.take() else { return }
        let hasGrown = table.split(segmentOf: key.hash, by: hash, room: &given)
        if hasGrown {
            counts.memoryBytes &+= Segment.allocatedCount
            memory.reportTables(Segment.allocatedCount)
        }
        room = consume given
    }

    /// Makes sure that the sweep comes by for an entry at `place` that expires at `deadline`.
    private mutating func expectLocked(_ deadline: UInt64, at place: Table.Place) {
        place.segment.earliestDeadline = min(place.segment.earliestDeadline, deadline)
        earliestDeadline = min(earliestDeadline, deadline)
    }

    /// What became of a removal.
    enum RemoveAttempt: Sendable {
        case removed(Entry)
        case notFound
        case conditionFailed(current: UInt64)
    }

    /// Takes the entry for `key` out, if `condition` holds. O(1) expected.
    mutating func removeLocked(_ key: HashedKey, if condition: WriteCondition?) -> RemoveAttempt {
        let place = table.place(of: key)
        guard let current = place.version(at: clock) else { return .notFound }
        if let condition, !condition.holds(for: current) { return .conditionFailed(current: current) }
        counts.subtract(place.slot.memory)
        counts.report(to: memory)
        return .removed(table.remove(at: place))
    }

    /// Whether `condition` holds now or may hold later: a version that has gone does not come back. O(versions named).
    func mayHoldLocked(_ condition: WriteCondition, for key: HashedKey) -> (mayHold: Bool, current: UInt64?) {
        let current = table.place(of: key).version(at: clock)
        guard case .versions(let versions) = condition.matching else { return (true, current) }
        return (versions.contains { $0 == current || $0 > lastVersion }, current)
    }
}

// MARK: Deadlines

extension Shard {
    /// What became of an attempt to move a deadline.
    enum MoveAttempt: Sendable {
        case moved(Entry)
        case notFound
        case conditionFailed(current: UInt64)
        /// The entry has no room for a deadline: come again with a copy of it that has.
        case needsCopy(of: Entry)
    }

    /// Moves the deadline of the entry for `key`, if `condition` holds; its version stays. O(1) expected.
    mutating func moveDeadlineLocked(
        _ key: HashedKey, to deadline: UInt64, if condition: WriteCondition?
    ) -> MoveAttempt {
        let place = table.place(of: key)
        guard let current = place.version(at: clock) else { return .notFound }
        if let condition, !condition.holds(for: current) { return .conditionFailed(current: current) }
        let entry = place.slot.entry
        guard entry.hasDeadline else { return deadline == Entry.never ? .moved(entry) : .needsCopy(of: entry) }
        entry.setDeadline(deadline)
        expectLocked(deadline, at: place)
        return .moved(entry)
    }

    /// Puts `copy` in the place of `original`, with its version, if that is still there. O(1) expected.
    ///
    /// - Returns: whether it was.
    mutating func exchangeLocked(_ original: Entry, for copy: Entry, key: HashedKey) -> Bool {
        let place = table.place(of: key)
        guard !place.isFree, place.slot.memory.start == original.memory.start else { return false }
        copy.memory.version = original.version
        copy.memory.use = original.memory.use
        counts.subtract(original.memory)
        counts.add(copy.memory)
        counts.report(to: memory)
        expectLocked(copy.deadline, at: place)
        // The caller owns the original too, so nothing is freed here.
        _ = table.replace(at: place, with: Slot(owning: copy, hash: key.hash)).takeEntry()
        return true
    }

    /// Moves entries that have expired at `now` into `expired`: one step of a sweep. O(`Segment.slotCount`).
    mutating func sweepLocked(from order: UInt64, now: UInt64, into expired: inout [Entry]) -> UInt64? {
        // A sweep begins by forgetting, and learns anew from what it passes; what is written meanwhile adds to it.
        if order == 0 { earliestDeadline = Entry.never }
        let before = expired.count
        let step = table.removeExpired(from: order, now: now, into: &expired)
        earliestDeadline = min(earliestDeadline, step.earliestDeadline)
        for entry in expired[before...] { counts.subtract(entry.memory) }
        counts.report(to: memory)
        counts.expired &+= UInt64(expired.count - before)
        return step.next
    }
}
