import Synchronization

/// How much memory the store takes, and may take: entries and tables of all shards, entries that have left their table and
/// are still being sent, and uploads in progress.
///
/// Shards report what has come and gone once it amounts to `step`, so that writes of all threads do not meet here: what is
/// known is off by less than that for each shard.
final class MemoryBudget: Sendable {
    /// The largest `step`, in bytes.
    static let largestStep = 64 * 1024
    /// Bytes that a shard may have unreported: for all shards a thirty-second of the limit at most.
    let step: Int
    /// Bytes that one shard gives at a time where the store is beyond its limit: an eighth of its part at most.
    let share: Int
    /// Bytes that may be in use; a write that would go beyond is refused, or makes room.
    let limit: Int
    /// What may be in use while values are replaced: the new ones beside the old, and the old ones until they are sent.
    private let ceiling: Int
    /// What may be in use where values have grown by little each: a sixteenth more than `limit`.
    private let growthLimit: Int
    /// By how many bytes a write may make an entry larger where the store is at its limit.
    static let littleGrowth = 64
    /// Bytes that uploads in progress may take.
    let uploadLimit: Int
    private let used = Atomic<Int>(0)
    private let tables = Atomic<Int>(0)
    private let pinned = Atomic<Int>(0)
    private let uploads = Atomic<Int>(0)
    private let refused = Atomic<UInt64>(0)

    init(limit: Int, uploadLimit: Int = .max, shards: Int = 1) {
        self.limit = limit
        self.uploadLimit = uploadLimit
        ceiling = Self.sum(limit, limit / 8)
        growthLimit = Self.sum(limit, limit / 16)
        share = max(1, min(Self.largestStep, limit / 8 / shards))
        step = max(1, min(Self.largestStep, limit / 32 / shards))
    }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflows) = left.addingReportingOverflow(right)
        return overflows ? .max : sum
    }

    /// Whether `bytes` more would be too many. One load of memory that is seldom written.
    @inline(__always)
    func isExceeded(by bytes: Int) -> Bool { shortage(for: bytes) > 0 }

    /// Bytes that have to go before `bytes` more fit; 0 or less where they do.
    @inline(__always)
    func shortage(for bytes: Int) -> Int { used.load(ordering: .relaxed) + bytes - limit }

    /// Whether `bytes` more would be too many even beside a value that they are to replace.
    func isCeilingExceeded(by bytes: Int) -> Bool { used.load(ordering: .relaxed) + bytes > ceiling }

    /// Whether an entry of `bytes` may take the place of one of `replaced` bytes in a full store: beside it for a moment, and no
    /// larger, or by little while there is a reserve for that. So counters and deadlines go on, and nobody takes more than the reserve.
    func admitsReplacement(of replaced: Int, by bytes: Int) -> Bool {
        let (growth, used) = (bytes - replaced, usedBytes)
        guard used + bytes <= ceiling else { return false }
        return growth <= 0 || growth <= Self.littleGrowth && used + growth <= growthLimit
    }

    /// Whether `bytes` more would be too many though every entry were evicted.
    func isHopeless(for bytes: Int) -> Bool {
        tables.load(ordering: .relaxed) + pinnedBytes + uploadBytes + bytes > limit
    }

    /// What is left for the shards.
    var evictableBytes: Int { max(0, limit - pinnedBytes - uploadBytes) }

    /// Bytes in use, as far as shards have reported.
    var usedBytes: Int { used.load(ordering: .relaxed) }

    /// Adds what a shard has counted.
    func report(_ bytes: Int) { used.add(bytes, ordering: .relaxed) }

    /// Says how much of what shards report is tables, which do not shrink.
    func reportTables(_ bytes: Int) { tables.add(bytes, ordering: .relaxed) }

    /// Adds what is pinned, or not any more.
    func addPinned(_ bytes: Int) {
        pinned.add(bytes, ordering: .relaxed)
        used.add(bytes, ordering: .relaxed)
    }

    /// Bytes of entries that have left their table and are owned by somebody.
    var pinnedBytes: Int { pinned.load(ordering: .relaxed) }
}

// MARK: Uploads

extension MemoryBudget {
    /// Takes memory for uploads, unless that would be more than all of them may have.
    func takeUpload(_ bytes: Int) -> Bool {
        if uploads.add(bytes, ordering: .relaxed).newValue > uploadLimit, bytes > 0 {
            uploads.subtract(bytes, ordering: .relaxed)
            return false
        }
        used.add(bytes, ordering: .relaxed)
        return true
    }

    /// Gives back what uploads had.
    func returnUpload(_ bytes: Int) {
        uploads.subtract(bytes, ordering: .relaxed)
        used.subtract(bytes, ordering: .relaxed)
    }

    /// Counts an upload for which there was no memory.
    func countRefusedUpload() { refused.add(1, ordering: .relaxed) }

    /// Bytes that uploads in progress have.
    var uploadBytes: Int { uploads.load(ordering: .relaxed) }

    /// Uploads for which there was no memory.
    var refusedUploads: UInt64 { refused.load(ordering: .relaxed) }
}

extension EntryMemory {
    /// Bytes that the allocator takes for the entry: the object's header of 16 bytes, its own of 8, and what is in front of and
    /// in the entry, rounded up to a multiple of 16.
    @inline(__always)
    var allocatedCount: Int { (valueOffset &+ valueCount &+ 16 &+ 8 &+ 15) & ~15 }
}

extension Segment {
    /// Bytes that a segment takes, with its place in the directory and the allocator's header.
    static let allocatedCount = (slotCount + 3) * 8 + 16
}
