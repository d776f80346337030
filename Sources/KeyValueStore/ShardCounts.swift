/// What a shard has counted.
public struct ShardCounts: Sendable {
    /// Look-ups that found their key.
    public internal(set) var hits: UInt64 = 0
    /// Look-ups that did not.
    public internal(set) var misses: UInt64 = 0
    /// Bytes of the keys present.
    public internal(set) var keyBytes = 0
    /// Bytes of the values present.
    public internal(set) var valueBytes = 0
    /// Bytes of the keys and values present.
    public var payloadBytes: Int { keyBytes + valueBytes }
    /// Entries that were taken out because they had expired.
    public internal(set) var expired: UInt64 = 0
    /// Entries that were taken out to make room for others.
    public internal(set) var evicted: UInt64 = 0
    /// Bytes of memory that those entries take that the eviction policy has in its queue of newcomers.
    var newcomerBytes = 0
    /// Bytes of memory that the entries and the table take.
    public internal(set) var memoryBytes = Segment.allocatedCount
    /// How many of them the budget knows of.
    private var reportedBytes = 0
    /// Keys present; those that have expired count until they are swept.
    public internal(set) var keys = 0

    @inline(__always)
    mutating func add(_ entry: EntryMemory) {
        keyBytes += entry.keyCount
        valueBytes += entry.valueCount
        let allocatedCount = entry.allocatedCount
        memoryBytes &+= allocatedCount
        if entry.use.isNewcomer { newcomerBytes &+= allocatedCount }
    }

    @inline(__always)
    mutating func subtract(_ entry: EntryMemory) {
        keyBytes -= entry.keyCount
        valueBytes -= entry.valueCount
        let allocatedCount = entry.allocatedCount
        memoryBytes &-= allocatedCount
        if entry.use.isNewcomer { newcomerBytes &-= allocatedCount }
    }

    /// Tells `budget` what memory has come and gone, where that is much.
    @inline(__always)
    mutating func report(to budget: MemoryBudget) {
        let change = memoryBytes &- reportedBytes
        if change.magnitude >= budget.step {
            budget.report(change)
            reportedBytes = memoryBytes
        }
    }
}

extension Shard {
    /// The counts at this moment. O(1).
    func countsLocked() -> ShardCounts {
        var counts = counts
        counts.keys = table.count
        return counts
    }
}
