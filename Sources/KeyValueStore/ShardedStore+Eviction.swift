import ByteBuffers

extension ShardedStore {
    /// Makes room for an entry of `size` bytes under `key`, if `condition` holds: by eviction, or, where that does not help, by seeing
    /// that it may replace the entry that is there.
    ///
    /// - Locking: acquires the key's shard's lock at least once, and those of others where that one has nothing left to
    ///   evict: one at a time. Not under a lock.
    /// - Returns: whether there is room.
    @inline(never)
    func makeRoom(for size: Int, _ key: HashedKey, if condition: WriteCondition?) -> Bool {
        evicts && evict(for: size, key, if: condition) || mayReplace(key, with: size, cell(of: key))
    }

    private func evict(for size: Int, _ key: HashedKey, if condition: WriteCondition?) -> Bool {
        if memory.isHopeless(for: size) { return false }
        let home = index(of: key)
        let shortage = cell(home).pointee.lock.withLock(.write) {
            $0.shortageLocked(for: size, at: key, if: condition)
        }
        return shortage == 0 || evict(shortage, from: home) || !memory.isExceeded(by: size)
    }

    /// Evicts until what the store takes is within its limit again, though nobody writes: uploads and slow readers take from
    /// it too.
    ///
    /// - Parameter most: bytes after which it ends in any case.
    /// - Locking: acquires one shard's lock after the other, for bounded steps. Not under a lock.
    public func evictExcess(atMost most: Int = .max) {
        guard evicts else { return }
        var freed = 0
        while freed < most, memory.isExceeded(by: 0) {
            // A bit of each, whichever they are.
            let share = min(memory.shortage(for: 0), memory.share)
            guard evict(share, from: .random(in: 0..<shardCount)) else { return }
            freed += share
        }
    }

    /// Evicts `bytes` from the shard at `index`, and from those that follow where it has not so many.
    ///
    /// At first from shards alone that have nearly their part of the memory or more. Else chance would make one smaller and
    /// smaller, and the next larger.
    /// - Returns: whether so many were free.
    func evict(_ bytes: Int, from index: Int) -> Bool {
        var missing = bytes
        for isFair in [true, false] where missing > 0 {
            let floor = isFair ? memory.evictableBytes / shardCount / 16 * 15 : 0
            for step in 0..<shardCount where missing > 0 {
                missing -= evictAll(of: missing, above: floor, in: cell((index + step) & (shardCount - 1)))
            }
        }
        return missing <= 0
    }

    /// - Returns: how many bytes were freed: `bytes`, or all there were.
    private func evictAll(of bytes: Int, above floor: Int, in cell: UnsafeMutablePointer<Cell>) -> Int {
        var freed = 0
        var displaced = DisplacedEntries()
        while freed < bytes {
            let (more, isExhausted) = cell.pointee.lock.withLockForStep { shard in
                shard.evictLocked(bytes - freed, above: floor, into: &displaced)
            }
            freed += more
            displaced.removeAll { entry in
                if !cell.pointee.watchers.isEmpty { notify(hashed(entry.memory.keyBytes), cell) }
                memory.noteDeparture(of: &entry)
            }
            if isExhausted { break }
        }
        return freed
    }
}
