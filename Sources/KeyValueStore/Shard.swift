/// One shard: a table and its counts. The shard's lock guards all of it, and every method here runs under that lock:
/// none frees, logs or calls out. What is displaced goes back to the caller, to be released after unlocking.
struct Shard: ~Copyable {
    private var table: Table
    private var lastVersion: UInt64 = 0
    private var counts = ShardCounts()

    init(hash: KeyHash) {
        table = Table(hash: hash)
    }

    /// The entry for `key`, as one more owner. O(1) expected.
    @inline(__always)
    mutating func lookUpLocked(_ key: HashedKey) -> Entry? {
        let entry = table.entry(for: key)
        if entry == nil { counts.misses &+= 1 } else { counts.hits &+= 1 }
        return entry
    }

    /// What became of a write attempt.
    enum PutAttempt: Sendable {
        case created(version: UInt64)
        case replaced(version: UInt64, displaced: Entry)
        case conditionFailed(current: UInt64?)
        /// Nothing is written: come again with room for a directory of this depth.
        case needsRoom(directoryDepth: Int)
    }

    /// Publishes `entry` under its key, if `condition` holds. O(1) expected; with `room`, at most one segment is split.
    @inline(__always)
    mutating func putLocked(
        _ entry: Entry, key: HashedKey, if condition: WriteCondition?, room: inout Table.Room?
    ) -> PutAttempt {
        var place = table.place(of: key)
        let current = place.version
        if let condition, !condition.holds(for: current) { return .conditionFailed(current: current) }
        if current == nil, table.isFull(at: place) {
            splitLocked(segmentOf: key, &room)
            place = table.place(of: key)
            // No room was given, or others have doubled the directory meanwhile, or all keys went to the same side.
            if table.isFull(at: place) { return .needsRoom(directoryDepth: table.directoryDepth) }
        }
        lastVersion &+= 1
        entry.setVersion(lastVersion)
        counts.add(entry)
        guard current != nil else {
            table.insert(at: place, entry, hash: key.hash)
            return .created(version: lastVersion)
        }
        let displaced = table.replace(at: place, with: entry, hash: key.hash)
        counts.subtract(displaced)
        return .replaced(version: lastVersion, displaced: displaced)
    }

    @inline(never)
    private mutating func splitLocked(segmentOf key: HashedKey, _ room: inout Table.Room?) {
        guard var given = room.take() else { return }
        table.split(segmentOf: key.hash, room: &given)
        room = consume given
    }

    /// What became of a removal.
    enum RemoveAttempt: Sendable {
        case removed(Entry)
        case notFound
        case conditionFailed(current: UInt64)
    }

    /// Takes the entry for `key` out, if `condition` holds. O(1) expected.
    mutating func removeLocked(_ key: HashedKey, if condition: WriteCondition?) -> RemoveAttempt {
        let place = table.place(of: key)
        guard let current = place.version else { return .notFound }
        if let condition, !condition.holds(for: current) { return .conditionFailed(current: current) }
        let removed = table.remove(at: place)
        counts.subtract(removed)
        return .removed(removed)
    }

    /// The counts at this moment. O(1).
    func countsLocked() -> ShardCounts {
        var counts = counts
        counts.keys = table.count
        return counts
    }
}

/// What a shard has counted.
public struct ShardCounts: Sendable {
    /// Keys present.
    public internal(set) var keys = 0
    /// Bytes of the keys present.
    public internal(set) var keyBytes = 0
    /// Bytes of the values present.
    public internal(set) var valueBytes = 0
    /// Bytes of the keys and values present.
    public var payloadBytes: Int { keyBytes + valueBytes }
    /// Look-ups that found their key.
    public internal(set) var hits: UInt64 = 0
    /// Look-ups that did not.
    public internal(set) var misses: UInt64 = 0

    fileprivate mutating func add(_ entry: Entry) {
        keyBytes += entry.keyCount
        valueBytes += entry.valueCount
    }

    fileprivate mutating func subtract(_ entry: Entry) {
        keyBytes -= entry.keyCount
        valueBytes -= entry.valueCount
    }
}
