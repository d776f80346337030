public import ByteBuffers
import Glibc

/// Shards as `ShardedStore` has them, each behind a lock that any number of readers may hold at once: `pthread_rwlock_t`.
///
/// A look-up counts neither hits nor acquisitions: under a lock that is held for reading it must not write.
public final class ReadWriteLockStore: @unchecked Sendable {
    // `@unchecked`: the cells are allocated once and freed in `deinit`; all that changes in them is behind their locks.
    private let shardCount: Int
    private let shardShift: UInt64
    private let hash = KeyHash()
    private let cells: UnsafeMutableRawPointer

    private static let cellAlignment = 128
    private static let cellStride =
        (MemoryLayout<Cell>.size + cellAlignment - 1) / cellAlignment * cellAlignment

    private struct Cell: ~Copyable {
        var lock = pthread_rwlock_t()
        var shard: Shard
    }

    /// An empty store.
    ///
    /// - Precondition: `shards` is a power of two.
    public init(shards: Int) {
        precondition(shards > 0 && shards & (shards - 1) == 0, "\(shards) shards is not a power of two")
        shardCount = shards
        shardShift = UInt64(64 - shards.trailingZeroBitCount)
        cells = .allocate(byteCount: shards * Self.cellStride, alignment: Self.cellAlignment)
        for index in 0..<shards {
            let cell = (cells + index * Self.cellStride).bindMemory(to: Cell.self, capacity: 1)
            cell.initialize(to: Cell(shard: Shard(hash: hash)))
            pthread_rwlock_init(&cell.pointee.lock, nil)
        }
    }

    deinit {
        for index in 0..<shardCount {
            let cell = cell(index)
            pthread_rwlock_destroy(&cell.pointee.lock)
            cell.deinitialize(count: 1)
        }
        cells.deallocate()
    }

    /// The entry for `key`, or nil.
    public func entry(for key: BorrowedBytes) -> Entry? {
        let key = HashedKey(bytes: key, hash: hash(key))
        let cell = cell(of: key)
        pthread_rwlock_rdlock(&cell.pointee.lock)
        defer { pthread_rwlock_unlock(&cell.pointee.lock) }
        return cell.pointee.shard.peekLocked(key)
    }

    /// Makes `entry` the entry of its key, if `condition` holds.
    public func put(_ entry: consuming Entry, if condition: WriteCondition? = nil) {
        let key = HashedKey(bytes: entry.memory.keyBytes, hash: hash(entry.memory.keyBytes))
        let slot = Slot(owning: entry, hash: key.hash)
        var room: Table.Room?
        while true {
            let attempt = withWriteLock(on: cell(of: key)) { shard in
                shard.putLocked(slot, key: key, if: condition, keepsDeadline: false, room: &room)
            }
            switch attempt {
            case .created(_, let displaced), .replaced(_, let displaced):
                if !displaced.isEmpty { _ = displaced.takeEntry() }
                return
            case .conditionFailed:
                _ = slot.takeEntry()
                return
            case .needsRoom(let depth): room = Table.Room(directoryDepth: depth)
            case .needsQueueRoom: preconditionFailure("a table without eviction has no queues")
            }
        }
    }

    /// Removes `key`.
    public func remove(_ key: BorrowedBytes) {
        let key = HashedKey(bytes: key, hash: hash(key))
        _ = withWriteLock(on: cell(of: key)) { $0.removeLocked(key, if: nil) }
    }

    @inline(__always)
    private func withWriteLock<Result>(
        on cell: UnsafeMutablePointer<Cell>, _ body: (inout Shard) -> Result
    ) -> Result {
        pthread_rwlock_wrlock(&cell.pointee.lock)
        defer { pthread_rwlock_unlock(&cell.pointee.lock) }
        return body(&cell.pointee.shard)
    }

    private func cell(of key: HashedKey) -> UnsafeMutablePointer<Cell> {
        cell(Int(truncatingIfNeeded: key.hash >> shardShift))
    }

    private func cell(_ index: Int) -> UnsafeMutablePointer<Cell> {
        (cells + index * Self.cellStride).assumingMemoryBound(to: Cell.self)
    }
}
