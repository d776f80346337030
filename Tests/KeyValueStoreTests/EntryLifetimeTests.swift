import ByteBuffers
import Testing

@testable import KeyValueStore

@Suite struct EntryLifetimeTests {
    /// A store with `count` entries, and what is left of each when nobody owns it.
    private func filledStore(shards: Int, count: UInt64) -> (ShardedStore, [WeakEntry]) {
        let store = ShardedStore(shards: shards)
        let weak = (0..<count).map { key in
            let entry = makeEntry(key.bytes, [1, 2, 3])
            _ = store.put(entry)
            return WeakEntry(entry)
        }
        return (store, weak)
    }

    @Test(arguments: [1, 64])
    func `removed entries are freed at once and the others with the store`(shards: Int) {
        var (store, weak): (ShardedStore?, [WeakEntry]) = filledStore(shards: shards, count: 3_000)
        #expect(weak.allSatisfy { !$0.isFreed })
        for key in 0..<1_500 as Range<UInt64> { _ = store?.remove(key.bytes) }
        #expect(weak.prefix(1_500).allSatisfy { $0.isFreed })
        #expect(weak.dropFirst(1_500).allSatisfy { !$0.isFreed })
        store = nil
        #expect(weak.allSatisfy { $0.isFreed })
    }

    @Test func `a store from which all was removed owns nothing`() {
        let (store, weak) = filledStore(shards: 4, count: 2_000)
        for key in 0..<2_000 as Range<UInt64> { _ = store.remove(key.bytes) }
        #expect(weak.allSatisfy { $0.isFreed })
        #expect(store.totalCounts.keys == 0)
        #expect(store.totalCounts.payloadBytes == 0)
    }

    @Test func `a replaced entry is freed at once`() {
        let (store, weak) = filledStore(shards: 1, count: 1_000)
        for key in 0..<1_000 as Range<UInt64> { _ = store.put(makeEntry(key.bytes)) }
        #expect(weak.allSatisfy { $0.isFreed })
    }

    @Test func `an entry whose condition failed is freed at once`() {
        let store = ShardedStore(shards: 1)
        let weak = (0..<10).map { _ in
            let entry = makeEntry([1])
            let weak = WeakEntry(entry)
            _ = store.put(entry, if: WriteCondition(matching: .any))
            return weak
        }
        #expect(weak.allSatisfy { $0.isFreed })
    }

    @Test func `a reader keeps exactly what it holds, past removal and the store's end`() {
        var (store, weak): (ShardedStore?, [WeakEntry]) = filledStore(shards: 2, count: 500)
        var held = store?.entry(for: UInt64(123).bytes)
        for key in 0..<500 as Range<UInt64> { _ = store?.remove(key.bytes) }
        store = nil
        #expect(weak.indices.filter { !weak[$0].isFreed } == [123])
        #expect(held?.key.array == UInt64(123).bytes)
        #expect(held?.value.array == [1, 2, 3])
        held = nil
        #expect(weak.allSatisfy { $0.isFreed })
    }

    @Test func `a loan keeps the entry until it ends`() {
        var (store, weak): (ShardedStore?, [WeakEntry]) = filledStore(shards: 1, count: 1)
        let (bytes, owner) = store!.entry(for: UInt64(0).bytes)!.value.slice(1..<3).lend()
        store = nil
        #expect(!weak[0].isFreed)
        #expect(Array(UnsafeRawBufferPointer(start: bytes, count: 2)) == [2, 3])
        SharedBytes.endLoan(owner)
        #expect(weak[0].isFreed)
    }

    @Test func `a look-up leaves no owner behind`() {
        var (store, weak): (ShardedStore?, [WeakEntry]) = filledStore(shards: 1, count: 10)
        for _ in 0..<100 {
            for key in 0..<10 as Range<UInt64> { _ = store?.entry(for: key.bytes)?.value.array }
        }
        store = nil
        #expect(weak.allSatisfy { $0.isFreed })
    }
}
