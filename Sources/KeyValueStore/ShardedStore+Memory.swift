extension ShardedStore {
    /// Bytes that entries and tables may take; a write that would go beyond is refused.
    public var maximumMemory: Int { memory.limit }

    /// Whether there is no memory for a value of so many bytes, unless it replaces another. O(1), without a lock.
    public func isFull(forValueOf count: Int) -> Bool { memory.isExceeded(by: count) }

    /// Whether the entry that is there takes as much memory as the new one, which then needs none: so what is there can be
    /// replaced and counted up when the store is full.
    func replacesMore(than size: Int, _ key: HashedKey, _ cell: UnsafeMutablePointer<Cell>) -> Bool {
        cell.pointee.lock.withLock(.read) { $0.peekLocked(key) }.map { $0.memory.allocatedCount >= size } ?? false
    }
}
