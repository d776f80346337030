public import ByteBuffers

/// Keys and their entries, spread over shards that are locked one by one.
///
/// Keys are byte strings, compared byte by byte. All operations on one key are atomic; there is none over several keys.
///
/// - Locking: each operation acquires the lock of the key's shard once (a write that must grow the table, a few times)
///   and holds it for O(1) expected work: a look-up and a reference count, never an allocation, a release or a copy of
///   a value. It blocks while another thread holds that lock.
/// - Complexity: O(length of the key) to hash it, then O(1) expected. A write may split one segment of at most
///   416 slots; no operation rehashes a whole shard.
public final class ShardedStore: @unchecked Sendable {
    // `@unchecked`: the cells are allocated once and freed in `deinit`; all that changes in them is behind their locks.

    /// Number of shards, a power of two.
    public let shardCount: Int
    private let cells: UnsafeMutableRawPointer
    private let hash: KeyHash
    private let shardShift: UInt64

    /// Cells start at multiples of this many bytes: two cache lines, since processors fetch them in pairs.
    private static let cellAlignment = 128
    private static let cellStride =
        (MemoryLayout<ShardLock<Shard>>.size + cellAlignment - 1) / cellAlignment * cellAlignment

    /// An empty store.
    ///
    /// - Precondition: `shards` is a power of two from 1 to 65,536.
    public convenience init(shards: Int) {
        self.init(shards: shards, hash: KeyHash())
    }

    init(shards: Int, hash: KeyHash) {
        precondition(
            shards > 0 && shards <= 65_536 && shards & (shards - 1) == 0, "\(shards) shards is not a power of two")
        shardCount = shards
        self.hash = hash
        shardShift = UInt64(64 - shards.trailingZeroBitCount)
        cells = .allocate(byteCount: shards * Self.cellStride, alignment: Self.cellAlignment)
        for index in 0..<shards {
            (cells + index * Self.cellStride).bindMemory(to: ShardLock<Shard>.self, capacity: 1)
                .initialize(to: ShardLock(Shard(hash: hash)))
        }
    }

    deinit {
        for index in 0..<shardCount { cell(index).deinitialize(count: 1) }
        cells.deallocate()
    }

    /// The entry for `key`, or nil. The caller owns a reference to it, which stays valid whatever happens to the key.
    @inline(__always)
    public func entry(for key: BorrowedBytes) -> Entry? {
        let key = HashedKey(bytes: key, hash: hash(key))
        return cell(of: key).pointee.withLock(.read) { $0.lookUpLocked(key) }
    }

    /// What became of a write.
    public enum PutOutcome: Sendable, Equatable {
        /// The key was missing, and has this version now.
        case created(version: UInt64)
        /// The key was present, and has this version now.
        case replaced(version: UInt64)
        /// The condition did not hold for this version, nil where the key is missing. Nothing has changed.
        case conditionFailed(current: UInt64?)
    }

    /// Makes `entry` the entry of its key, if `condition` holds. The caller must not have shared the entry before.
    public func put(_ entry: consuming Entry, if condition: WriteCondition? = nil) -> PutOutcome {
        let entry = entry
        let key = HashedKey(bytes: entry.keyBytes, hash: hash(entry.keyBytes))
        var room: Table.Room?
        while true {
            let attempt = cell(of: key).pointee.withLock(.write) { shard in
                shard.putLocked(entry, key: key, if: condition, room: &room)
            }
            // From here on the lock is free: what was displaced is released, what growth left over is freed.
            switch attempt {
            case .created(let version): return .created(version: version)
            case .replaced(let version, _): return .replaced(version: version)
            case .conditionFailed(let current): return .conditionFailed(current: current)
            case .needsRoom(let depth): room = Table.Room(directoryDepth: depth)
            }
        }
    }

    /// What became of a removal.
    public enum RemoveOutcome: Sendable, Equatable {
        /// The key was present and is not any more.
        case removed
        /// The key was missing.
        case notFound
        /// The condition did not hold for this version. Nothing has changed.
        case conditionFailed(current: UInt64)
    }

    /// Removes `key`, if `condition` holds. Readers that hold the entry keep it.
    public func remove(_ key: BorrowedBytes, if condition: WriteCondition? = nil) -> RemoveOutcome {
        let key = HashedKey(bytes: key, hash: hash(key))
        return switch cell(of: key).pointee.withLock(.write, { $0.removeLocked(key, if: condition) }) {
        case .removed: .removed
        case .notFound: .notFound
        case .conditionFailed(let current): .conditionFailed(current: current)
        }
    }

    @inline(__always)
    private func cell(of key: HashedKey) -> UnsafeMutablePointer<ShardLock<Shard>> {
        // The shift is 64 with one shard, which Swift's smart shift takes to 0.
        cell(Int(truncatingIfNeeded: key.hash >> shardShift))
    }

    @inline(__always)
    private func cell(_ index: Int) -> UnsafeMutablePointer<ShardLock<Shard>> {
        (cells + index &* Self.cellStride).assumingMemoryBound(to: ShardLock<Shard>.self)
    }
}

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
        return cell(index).pointee.withLockUncounted { shard, lock in
            ShardStatistics(counts: shard.countsLocked(), lock: lock)
        }
    }

    /// Threads that wait for any shard's lock at this moment. Acquires no lock.
    public var waiters: Int {
        (0..<shardCount).reduce(0) { $0 + cell($1).pointee.waiters }
    }
}
