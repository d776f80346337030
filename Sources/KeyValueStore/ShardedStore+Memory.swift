extension ShardedStore {
    /// Bytes that the store may take; a write that would go beyond is refused, or evicts others.
    public var maximumMemory: Int { memory.limit }

    /// Bytes that the store takes: entries, tables, what is pinned, and uploads. What shards have not yet reported is missing. O(1),
    /// without a lock.
    public var usedMemory: Int { memory.usedBytes }

    /// Bytes of entries that have left their table and are still owned by somebody, as an answer that is being sent.
    public var pinnedBytes: Int { memory.pinnedBytes }

    /// Whether there is no memory for a value of so many bytes, and none can be had unless it replaces another. O(1), without
    /// a lock.
    public func isFull(forValueOf count: Int) -> Bool {
        memory.isExceeded(by: count) && (!evicts || memory.isHopeless(for: count))
    }

    /// Whether the key has an entry that one of `size` bytes may replace though the store is full.
    func mayReplace(_ key: HashedKey, with size: Int, _ cell: UnsafeMutablePointer<Cell>) -> Bool {
        guard let current = cell.pointee.lock.withLock(.read, { $0.peekLocked(key) }) else { return false }
        return memory.admitsReplacement(of: current.memory.allocatedCount, by: size)
    }
}
