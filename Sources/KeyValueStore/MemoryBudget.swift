import Synchronization

/// How much memory the entries and tables of all shards take, and may take.
///
/// Shards report what has come and gone once it amounts to `step`, so that writes of all threads do not meet here: what is
/// known is off by less than that for each shard.
final class MemoryBudget: Sendable {
    /// In bytes.
    static let step = 64 * 1024
    /// Bytes that may be in use; a write that would go beyond is refused.
    let limit: Int
    private let used = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    /// Whether `bytes` more would be too many. One load of memory that is seldom written.
    @inline(__always)
    func isExceeded(by bytes: Int) -> Bool { used.load(ordering: .relaxed) + bytes > limit }

    /// Adds what a shard has counted.
    func report(_ bytes: Int) { used.add(bytes, ordering: .relaxed) }
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
