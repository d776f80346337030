extension ShardedStore {
    /// How far a walk over all keys has come. Stays good while others write and delete and while tables grow.
    public struct WalkPosition: Sendable, Equatable {
        /// The shard that comes next.
        public var shard: Int
        /// Where in the shard's order the walk goes on.
        public var order: UInt64

        /// The position at `order` of `shard`; the first one is at 0 of 0.
        public init(shard: Int = 0, order: UInt64 = 0) {
            self.shard = shard
            self.order = order
        }
    }

    /// An entry that a walk has come to.
    public struct WalkedEntry: Sendable {
        /// The entry, as one more owner.
        public let entry: Entry
        /// The entry itself: a walk that goes on behind it does not come to it again.
        public let position: WalkPosition
    }

    /// The entries of the next stretch of a walk over all keys, in the walk's order; often none. Moves `position` to what
    /// follows, nil at the end. A walk in such steps comes exactly once to every key that is present throughout.
    ///
    /// - Complexity: O(416), whatever the number of keys.
    /// - Locking: acquires one shard's lock, for taking a reference to each entry of one segment; does not count that. Keys are
    ///   hashed and sorted with the lock free.
    public func nextEntries(from position: inout WalkPosition?) -> [WalkedEntry] {
        guard let start = position, start.shard < shardCount else {
            position = nil
            return []
        }
        var entries: [Entry] = []
        entries.reserveCapacity(Segment.maximumCount)
        let next = cell(start.shard).pointee.lock.withLockForStep { shard in
            shard.table.collect(at: start.order, into: &entries)
        }
        if let next {
            position = WalkPosition(shard: start.shard, order: next)
        } else {
            position = start.shard + 1 < shardCount ? WalkPosition(shard: start.shard + 1) : nil
        }
        return
            entries
            .filter { !$0.memory.isExpired(by: clock) }
            .map { entry in
                let order = Table.order(of: hashed(entry.memory.keyBytes).hash)
                return WalkedEntry(entry: entry, position: WalkPosition(shard: start.shard, order: order))
            }
            .filter { $0.position.order >= start.order }
            .sorted { $0.position.order < $1.position.order }
    }
}

extension ShardedStore.WalkPosition {
    /// The position right behind this one; nil behind the last.
    public func following(shardCount: Int) -> ShardedStore.WalkPosition? {
        if order < .max { return .init(shard: shard, order: order + 1) }
        return shard + 1 < shardCount ? .init(shard: shard + 1) : nil
    }
}
