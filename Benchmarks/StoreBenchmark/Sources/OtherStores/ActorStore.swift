public import ByteBuffers

/// Message passing: one table that an actor owns. Each operation is a message, and waits for its turn without a thread.
///
/// Keys are hashed by the sender, as `ShardedStore` hashes them before it locks, and displaced entries are released there.
public actor ActorStore {
    private nonisolated let hash = KeyHash()
    private var shard: Shard

    /// An empty store.
    public init() { shard = Shard(hash: hash) }

    /// The entry for `key`, or nil. The memory of `key` must stay until the answer is there.
    public nonisolated func entry(for key: BorrowedBytes) async -> Entry? {
        await lookUp(HashedKey(bytes: key, hash: hash(key)))
    }

    /// Makes `entry` the entry of its key, if `condition` holds.
    public nonisolated func put(_ entry: consuming Entry, if condition: WriteCondition? = nil) async {
        let key = HashedKey(bytes: entry.memory.keyBytes, hash: hash(entry.memory.keyBytes))
        let slot = Slot(owning: entry, hash: key.hash)
        switch await put(slot, key: key, if: condition) {
        case .conditionFailed: _ = slot.takeEntry()
        case .created(_, let displaced), .replaced(_, let displaced):
            if !displaced.isEmpty { _ = displaced.takeEntry() }
        case .needsRoom, .needsQueueRoom: preconditionFailure("a write that was not finished")
        }
    }

    /// Removes `key`. Its memory must stay until the answer is there.
    public nonisolated func remove(_ key: BorrowedBytes) async {
        _ = await take(HashedKey(bytes: key, hash: hash(key)))
    }

    private func lookUp(_ key: HashedKey) -> Entry? { shard.lookUpLocked(key) }

    private func put(_ slot: Slot, key: HashedKey, if condition: WriteCondition?) -> Shard.PutAttempt {
        var room: Table.Room?
        while true {
            let attempt = shard.putLocked(slot, key: key, if: condition, keepsDeadline: false, room: &room)
            guard case .needsRoom(let depth) = attempt else { return attempt }
            room = Table.Room(directoryDepth: depth)
        }
    }

    private func take(_ key: HashedKey) -> Shard.RemoveAttempt { shard.removeLocked(key, if: nil) }
}
