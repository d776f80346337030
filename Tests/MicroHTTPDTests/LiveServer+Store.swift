import ByteBuffers
import KeyValueStore

// What a test sees of the store, and puts into it, without the wire.
extension LiveServer {
    /// The keys that are present, with those that have expired and are not swept.
    var keyCount: Int { (0..<store.shardCount).reduce(0) { $0 + store.statistics(ofShard: $1).counts.keys } }

    /// Stores an empty value under each of these keys.
    func fill(_ keys: some Sequence<String>) {
        for key in keys {
            SharedBytes(copying: key.utf8).withBorrowedBytes { key in
                let builder = Entry.start(
                    key: key, attributes: BorrowedBytes(""), hasDeadline: false, valueCount: 0, maximumValueCount: 0)
                _ = store.put(Entry(sealing: builder))
            }
        }
    }

    /// What the value under `key` lies in, without keeping it alive.
    func storage(_ key: String) -> WeakStorage? {
        SharedBytes(copying: key.utf8).withBorrowedBytes { store.entry(for: $0) }.map { WeakStorage($0.value.storage) }
    }
}

/// `@unchecked Sendable`: loading a weak reference is atomic, and it is set once.
final class WeakStorage: @unchecked Sendable {
    private weak var storage: ByteStorage?
    init(_ storage: ByteStorage) { self.storage = storage }
    var isAlive: Bool { storage != nil }
}
