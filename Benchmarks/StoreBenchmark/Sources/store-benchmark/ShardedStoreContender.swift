import ByteBuffers
import KeyValueStore

/// The service's store.
struct ShardedStoreContender: Contender {
    private let store: ShardedStore

    init(shards: Int) { store = ShardedStore(shards: shards) }

    @inline(__always)
    func read(_ key: BorrowedBytes) -> Int { store.entry(for: key)?.value.count ?? 0 }

    @inline(__always)
    func insert(_ key: BorrowedBytes, filledWith byte: UInt8) { _ = store.put(Entry(key: key, filledWith: byte)) }

    @inline(__always)
    func update(_ key: BorrowedBytes, filledWith byte: UInt8) {
        _ = store.put(Entry(key: key, filledWith: byte), if: WriteCondition(matching: .any))
    }

    @inline(__always)
    func remove(_ key: BorrowedBytes) { _ = store.remove(key) }
}

extension Entry {
    init(key: BorrowedBytes, filledWith byte: UInt8) {
        let none = BorrowedBytes(UnsafeRawBufferPointer(start: nil, count: 0))
        let builder = Entry.start(
            key: key, attributes: none, hasDeadline: false, valueCount: Value.count, maximumValueCount: Value.count)
        self.init(sealing: Value.append(to: builder, filledWith: byte))
    }
}
