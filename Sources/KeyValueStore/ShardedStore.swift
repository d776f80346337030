public import ByteBuffers
import Synchronization

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
    /// The clock that deadlines are measured with.
    public let clock: StoreClock
    let memory: MemoryBudget
    /// Whether entries make way for others.
    let evicts: Bool
    /// What becomes of a write that there is no memory for.
    public let eviction: EvictionPolicy
    private let cells: UnsafeMutableRawPointer
    private let hash: KeyHash
    private let shardShift: UInt64
    /// Whether an entry with a deadline was ever put here: else no sweep need look.
    let hasDeadlines = Atomic<Bool>(false)

    /// Cells start at multiples of this many bytes: two cache lines, since processors fetch them in pairs.
    private static let cellAlignment = 128
    private static let cellStride =
        (MemoryLayout<Cell>.size + cellAlignment - 1) / cellAlignment * cellAlignment

    /// A shard behind its lock, and those who watch its keys.
    struct Cell: ~Copyable {
        let lock: ShardLock<Shard>
        let watchers = KeyWatchers()
    }

    /// An empty store.
    ///
    /// - Parameters:
    ///   - maximumMemory: bytes that its entries and tables, what is still being sent of them, and uploads may take.
    ///   - maximumUploads: bytes of them that uploads in progress may take.
    ///   - eviction: what becomes of a write that there is no memory for.
    /// - Precondition: `shards` is a power of two from 1 to 65,536.
    public convenience init(
        shards: Int, maximumMemory: Int = .max, maximumUploads: Int = .max, eviction: EvictionPolicy = .none,
        clock: StoreClock = .monotonic
    ) {
        self.init(
            shards: shards, hash: KeyHash(), maximumMemory: maximumMemory, maximumUploads: maximumUploads,
            eviction: eviction, clock: clock)
    }

    init(
        shards: Int, hash: KeyHash, maximumMemory: Int = .max, maximumUploads: Int = .max,
        eviction: EvictionPolicy = .none, clock: StoreClock = .monotonic
    ) {
        precondition(
            shards > 0 && shards <= 65_536 && shards & (shards - 1) == 0, "\(shards) shards is not a power of two")
        shardCount = shards
        self.hash = hash
        self.clock = clock
        memory = MemoryBudget(limit: maximumMemory, uploadLimit: maximumUploads, shards: shards)
        evicts = eviction != .none
        self.eviction = eviction
        shardShift = UInt64(64 - shards.trailingZeroBitCount)
        cells = .allocate(byteCount: shards * Self.cellStride, alignment: Self.cellAlignment)
        for index in 0..<shards {
            (cells + index * Self.cellStride).bindMemory(to: Cell.self, capacity: 1)
                .initialize(
                    to: Cell(lock: ShardLock(Shard(hash: hash, clock: clock, memory: memory, policy: eviction))))
        }
    }

    deinit {
        for index in 0..<shardCount { cell(index).deinitialize(count: 1) }
        cells.deallocate()
    }

    /// The entry for `key`, or nil. The caller owns a reference to it, which stays valid whatever happens to the key.
    @inline(__always)
    public func entry(for key: BorrowedBytes) -> Entry? {
        let key = hashed(key)
        return cell(of: key).pointee.lock.withLock(.read) { $0.lookUpLocked(key) }
    }

    /// As `entry(for:)`, for another look on behalf of a request whose look-up has been counted: neither a hit nor a miss.
    public func peek(_ key: BorrowedBytes) -> Entry? {
        let key = hashed(key)
        return cell(of: key).pointee.lock.withLock(.read) { $0.peekLocked(key) }
    }

    /// What became of a write.
    public enum PutOutcome: Sendable, Equatable {
        /// The key was missing, and has this version now.
        case created(version: UInt64)
        /// The key was present, and has this version now.
        case replaced(version: UInt64)
        /// The condition did not hold for this version, nil where the key is missing. Nothing has changed.
        case conditionFailed(current: UInt64?)
        /// There is no memory for it. Nothing has changed.
        case full
    }

    /// Makes `entry` the entry of its key, if `condition` holds. The caller must not have shared the entry before.
    ///
    /// - Parameter keepsDeadline: whether `entry`, which then has room for one, takes over the deadline of the entry that it
    ///   replaces.
    public func put(
        _ entry: consuming Entry, if condition: WriteCondition? = nil, keepsDeadline: Bool = false
    ) -> PutOutcome {
        var displaced: Entry?
        let outcome = write(entry, if: condition, keepsDeadline: keepsDeadline, displaced: &displaced)
        if displaced != nil { memory.noteDeparture(of: &displaced!) }
        return outcome
    }

    /// As `put`, and hands over the entry that was replaced.
    public func exchange(
        _ entry: consuming Entry, if condition: WriteCondition? = nil, keepsDeadline: Bool = false,
        displaced: inout Entry?
    ) -> PutOutcome {
        let outcome = write(entry, if: condition, keepsDeadline: keepsDeadline, displaced: &displaced)
        if let displaced { PinnedEntries.pin(displaced.memory, of: memory) }
        return outcome
    }

    @inline(__always)
    private func write(
        _ entry: consuming Entry, if condition: WriteCondition?, keepsDeadline: Bool, displaced: inout Entry?
    ) -> PutOutcome {
        if entry.hasDeadline { expectSweeps() }
        // The key lies in the entry, which may be gone as soon as it is published: after that only the hash is used.
        let key = hashed(entry.memory.keyBytes)
        let cell = cell(of: key)
        let size = entry.memory.allocatedCount
        if memory.isExceeded(by: size), !makeRoom(for: size, key, if: condition) { return .full }
        // Made here, so that no reference is counted under the lock.
        let slot = Slot(owning: entry, hash: key.hash)
        let attempt = cell.pointee.lock.withLock(.write) { shard in
            var none: Table.Room?
            return shard.putLocked(slot, key: key, if: condition, keepsDeadline: keepsDeadline, room: &none)
        }
        return finish(attempt, slot, key, cell, &displaced)
            ?? write(slot, key, cell, if: condition, keepsDeadline: keepsDeadline, needing: attempt, &displaced)
    }

    /// Makes room for a write that needs some, and attempts it until it needs no more.
    @inline(never)
    private func write(
        _ slot: Slot, _ key: HashedKey, _ cell: UnsafeMutablePointer<Cell>, if condition: WriteCondition?,
        keepsDeadline: Bool, needing: Shard.PutAttempt, _ displaced: inout Entry?
    ) -> PutOutcome {
        var attempt = needing
        var room: Table.Room?
        while true {
            switch attempt {
            case .needsRoom(let depth): room = Table.Room(directoryDepth: depth)
            case .needsQueueRoom(let needs):
                var room = Eviction.Room(needs)
                cell.pointee.lock.withLockForStep { $0.giveLocked(&room) }
            case .created, .replaced, .conditionFailed: break
            }
            attempt = cell.pointee.lock.withLock(.write, isLong: room != nil) { shard in
                shard.putLocked(slot, key: key, if: condition, keepsDeadline: keepsDeadline, room: &room)
            }
            // From here on the lock is free: what growth left over is freed.
            if let outcome = finish(attempt, slot, key, cell, &displaced) { return outcome }
        }
    }

    /// Ends a write, with the lock free; nil where it needs room.
    @inline(__always)
    private func finish(
        _ attempt: Shard.PutAttempt, _ slot: Slot, _ key: HashedKey, _ cell: UnsafeMutablePointer<Cell>,
        _ displaced: inout Entry?
    ) -> PutOutcome? {
        switch attempt {
        case .created(let version, let expired):
            if !expired.isEmpty { displaced = expired.takeEntry() }
            notify(key, cell)
            return .created(version: version)
        case .replaced(let version, let replaced):
            displaced = replaced.takeEntry()
            notify(key, cell)
            return .replaced(version: version)
        case .conditionFailed(let current):
            _ = slot.takeEntry()
            return .conditionFailed(current: current)
        case .needsRoom, .needsQueueRoom: return nil
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
        var removed: Entry?
        let outcome = takeOut(key, if: condition, &removed)
        if removed != nil { memory.noteDeparture(of: &removed!) }
        return outcome
    }

    /// As `remove`, and hands over the entry that was removed.
    public func take(
        _ key: BorrowedBytes, if condition: WriteCondition? = nil, removed: inout Entry?
    ) -> RemoveOutcome {
        let outcome = takeOut(key, if: condition, &removed)
        if let removed { PinnedEntries.pin(removed.memory, of: memory) }
        return outcome
    }

    private func takeOut(_ key: BorrowedBytes, if condition: WriteCondition?, _ removed: inout Entry?) -> RemoveOutcome
    {
        let key = hashed(key)
        let cell = cell(of: key)
        switch cell.pointee.lock.withLock(.write, { $0.removeLocked(key, if: condition) }) {
        case .removed(let entry):
            removed = entry
            notify(key, cell)
            return .removed
        case .notFound: return .notFound
        case .conditionFailed(let current): return .conditionFailed(current: current)
        }
    }
}

// What the operations have in common.
extension ShardedStore {
    @inline(__always)
    func hashed(_ key: BorrowedBytes) -> HashedKey { HashedKey(bytes: key, hash: hash(key)) }

    @inline(__always)
    func cell(of key: HashedKey) -> UnsafeMutablePointer<Cell> {
        cell(index(of: key))
    }

    /// The number of the key's shard.
    @inline(__always)
    func index(of key: HashedKey) -> Int {
        // The shift is 64 with one shard, which Swift's smart shift takes to 0.
        Int(truncatingIfNeeded: key.hash >> shardShift)
    }

    @inline(__always)
    func cell(_ index: Int) -> UnsafeMutablePointer<Cell> {
        (cells + index &* Self.cellStride).assumingMemoryBound(to: Cell.self)
    }

    /// Tells who watches `key` that it has changed. Not under a lock.
    @inline(__always)
    func notify(_ key: HashedKey, _ cell: UnsafeMutablePointer<Cell>) {
        if !cell.pointee.watchers.isEmpty { cell.pointee.watchers.notify(hash: key.hash) }
    }
}
