// Making room in a shard. All under its lock.
extension Shard {
    /// Items of the queues that are looked at in one go.
    private static let mostLooks = 64

    /// Bytes that have to go before an entry of `size` bytes can be written under `key`; 0 where there is room, or where `condition` does
    /// not hold, so that nothing will be written. Of what others have made the store exceed its limit by, a share. O(1) expected.
    func shortageLocked(for size: Int, at key: HashedKey, if condition: WriteCondition?) -> Int {
        let place = table.place(of: key)
        if let condition, !condition.holds(for: place.version(at: clock)) { return 0 }
        let growth = size - (place.isFree ? 0 : place.slot.memory.allocatedCount)
        return growth <= 0 ? 0 : max(0, min(memory.shortage(for: growth), growth + memory.share))
    }

    /// Evicts entries into `displaced` until `bytes` are free, or it is full, or enough was looked at.
    ///
    /// - Parameter floor: bytes that the shard keeps.
    /// - Returns: how many bytes are free now, and whether there is nothing left to evict.
    mutating func evictLocked(
        _ bytes: Int, above floor: Int, into displaced: inout DisplacedEntries
    ) -> (freed: Int, isExhausted: Bool) {
        let before = counts.memoryBytes
        var isExhausted = false
        var looks = 0
        while before - counts.memoryBytes < bytes, looks < Self.mostLooks, !displaced.isFull {
            // A tenth of the memory is for newcomers.
            guard counts.memoryBytes > floor,
                let item = eviction.next(prefersNewcomers: counts.newcomerBytes > counts.memoryBytes / 10)
            else {
                isExhausted = true
                break
            }
            looks += 1
            if let place = table.place(of: item) { judgeLocked(item, at: place, into: &displaced) }
        }
        counts.report(to: memory)
        return (before - counts.memoryBytes, isExhausted)
    }

    private mutating func judgeLocked(
        _ item: QueuedEntry, at place: Table.Place, into displaced: inout DisplacedEntries
    ) {
        let entry = place.slot.memory
        let isExpired = entry.isExpired(by: clock)
        let use = entry.use
        if !isExpired, let next = eviction.judge(item, use) {
            if use.isNewcomer, !next.isNewcomer { counts.newcomerBytes -= entry.allocatedCount }
            entry.use = next
            return
        }
        counts.subtract(entry)
        if isExpired { counts.expired &+= 1 } else { counts.evicted &+= 1 }
        displaced.add(table.removeSlot(at: place))
    }

    /// Queues an entry that has been written, and now and then throws out items of entries that have gone.
    @inline(never)
    mutating func enqueueLocked(_ entry: EntryMemory, hash: UInt64) {
        eviction.push(QueuedEntry(hash: hash, version: entry.version), entry.use)
        guard eviction.isWasteful(entryCount: table.count) else { return }
        // More than come, so that the waste ends.
        for _ in 0..<4 {
            guard let item = eviction.nextForCompaction() else { return }
            if table.place(of: item) != nil { eviction.keep(item) }
        }
    }

    /// Takes memory for the queues.
    mutating func giveLocked(_ room: inout Eviction.Room) {
        let bytes = eviction.take(&room)
        counts.memoryBytes &+= bytes
        memory.reportTables(bytes)
    }
}
