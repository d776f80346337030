import Locks
import Synchronization

/// Who wants to know when a key changes.
public protocol KeyWatcher: AnyObject, Sendable {
    /// The key was written, removed or swept, or its deadline was moved. Called on the thread that did it, after all locks
    /// are free; may also be called for another key of the same hash. Must be quick.
    func keyChanged()
}

/// The watchers of one shard's keys, by hash.
///
/// A write asks `isEmpty`, which is one load from memory that the write has touched anyway. That no change is missed rests on
/// the order: a watcher is added before it looks the key up, and a write is done before it asks. Whichever of the two
/// acquires the shard's lock first, the other sees what it did before.
struct KeyWatchers: ~Copyable {
    private let count = Atomic<Int>(0)
    private let byHash = AnnotatedMutex<[UInt64: [any KeyWatcher]]>([:])

    /// Whether nobody watches any key.
    @inline(__always)
    var isEmpty: Bool { count.load(ordering: .relaxed) == 0 }

    /// Adds a watcher. O(1) expected.
    borrowing func add(_ watcher: any KeyWatcher, hash: UInt64) {
        count.add(1, ordering: .relaxed)
        byHash.withLock { $0[hash, default: []].append(watcher) }
    }

    /// Removes a watcher that was added. O(watchers of the key).
    borrowing func remove(_ watcher: any KeyWatcher, hash: UInt64) {
        let removed = byHash.withLock { byHash -> (any KeyWatcher)? in
            guard let position = byHash[hash]?.firstIndex(where: { $0 === watcher }) else { return nil }
            let removed = byHash[hash]?.remove(at: position)
            if byHash[hash]?.isEmpty == true { byHash[hash] = nil }
            return removed
        }
        if removed != nil { count.subtract(1, ordering: .relaxed) }
    }

    /// Tells the watchers of the keys with this hash. O(those watchers).
    borrowing func notify(hash: UInt64) {
        let watchers = byHash.withLock { $0[hash] ?? [] }
        for watcher in watchers { watcher.keyChanged() }
    }
}
