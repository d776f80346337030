import ByteBuffers
import OtherStores

/// A reader-writer lock per shard.
struct ReadWriteLockContender: Contender {
    private let store: ReadWriteLockStore

    init(shards: Int) { store = ReadWriteLockStore(shards: shards) }

    @inline(__always)
    func read(_ key: BorrowedBytes) -> Int { store.entry(for: key)?.value.count ?? 0 }

    @inline(__always)
    func insert(_ key: BorrowedBytes, filledWith byte: UInt8) { store.put(Entry(key: key, filledWith: byte)) }

    @inline(__always)
    func update(_ key: BorrowedBytes, filledWith byte: UInt8) {
        store.put(Entry(key: key, filledWith: byte), if: WriteCondition(matching: .any))
    }

    @inline(__always)
    func remove(_ key: BorrowedBytes) { store.remove(key) }
}

/// An actor.
struct ActorContender: MessageContender {
    private let store = ActorStore()

    func read(_ key: BorrowedBytes) async -> Int { await store.entry(for: key)?.value.count ?? 0 }

    func insert(_ key: BorrowedBytes, filledWith byte: UInt8) async {
        await store.put(Entry(key: key, filledWith: byte))
    }

    func update(_ key: BorrowedBytes, filledWith byte: UInt8) async {
        await store.put(Entry(key: key, filledWith: byte), if: WriteCondition(matching: .any))
    }

    func remove(_ key: BorrowedBytes) async { await store.remove(key) }
}

extension Entry {
    fileprivate init(key: BorrowedBytes, filledWith byte: UInt8) {
        let none = BorrowedBytes(UnsafeRawBufferPointer(start: nil, count: 0))
        let builder = Entry.start(
            key: key, attributes: none, hasDeadline: false, valueCount: Value.count, maximumValueCount: Value.count)
        self.init(sealing: Value.append(to: builder, filledWith: byte))
    }
}
