extension ShardedStore {
    /// A shard's figures at one moment.
    public struct ShardStatistics: Sendable {
        /// What the shard holds and how look-ups went.
        public let counts: ShardCounts
        /// How its lock was acquired.
        public let lock: LockStatistics
    }

    /// The figures of shard `index`.
    ///
    /// - Locking: acquires that shard's lock for as long as copying its counters takes, and does not count that.
    public func statistics(ofShard index: Int) -> ShardStatistics {
        precondition(index >= 0 && index < shardCount, "shard \(index) of \(shardCount)")
        return cell(index).pointee.lock.withLockUncounted { shard, lock in
            ShardStatistics(counts: shard.countsLocked(), lock: lock)
        }
    }

    /// Bytes of all keys and values, shard by shard. O(shards).
    ///
    /// - Locking: as `statistics(ofShard:)`, for each shard.
    public var payloadBytes: Int {
        (0..<shardCount).reduce(0) { $0 + statistics(ofShard: $1).counts.payloadBytes }
    }

    /// Threads that wait for any shard's lock at this moment. Acquires no lock.
    public var waiters: Int {
        (0..<shardCount).reduce(0) { $0 + cell($1).pointee.lock.waiters }
    }
}
