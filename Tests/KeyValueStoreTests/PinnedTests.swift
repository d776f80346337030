import ByteBuffers
import Testing

@testable import KeyValueStore

/// Memory of entries that have left the table while somebody reads them.
@Suite struct PinnedTests {
    private static let value = [UInt8](repeating: 7, count: 10_000)

    private func entry(_ key: UInt8, deadline: UInt64? = nil) -> Entry {
        makeEntry([key], Self.value, deadline: deadline)
    }

    private func expectPinned(_ store: ShardedStore, _ reader: inout Entry?) {
        #expect(store.pinnedBytes == reader?.memory.allocatedCount)
        #expect(reader?.value.array == Self.value)
        reader = nil
        #expect(store.pinnedBytes == 0)
    }

    @Test func `a replaced value counts until its last reader is done`() {
        let store = ShardedStore(shards: 1)
        _ = store.put(entry(1))
        var reader = store.entry(for: [1])
        var other: SharedBytes? = reader?.value.slice(5..<10)
        #expect(store.pinnedBytes == 0)
        _ = store.put(entry(1))
        let count = store.pinnedBytes
        #expect(count == reader?.memory.allocatedCount)
        reader = nil
        #expect(store.pinnedBytes == count)
        #expect(other?.array.count == 5)
        other = nil
        #expect(store.pinnedBytes == 0)
    }

    @Test func `so do removed, expired, evicted and extended ones`() {
        let clock = HandClock()
        let store = ShardedStore(shards: 1, maximumMemory: 1 << 20, eviction: .s3FIFO, clock: clock.clock)
        _ = store.put(entry(1))
        var reader = store.entry(for: [1])
        _ = store.remove([1])
        expectPinned(store, &reader)

        _ = store.put(entry(2, deadline: 5_000))
        reader = store.entry(for: [2])
        clock.advance(by: 5_000)
        _ = store.sweep()
        expectPinned(store, &reader)

        _ = store.put(entry(3))
        reader = store.entry(for: [3])
        _ = store.evict(1 << 20, from: 0)
        expectPinned(store, &reader)

        _ = store.put(entry(4))
        reader = store.entry(for: [4])
        _ = borrowing([4]) { store.moveDeadline(of: $0, to: .max - 1) }
        expectPinned(store, &reader)
    }

    @Test func `an entry that is handed over counts until whoever has it is done`() {
        let store = ShardedStore(shards: 1)
        _ = store.put(entry(1))
        var displaced: Entry?
        _ = store.exchange(entry(1), displaced: &displaced)
        expectPinned(store, &displaced)
        var removed: Entry?
        _ = borrowing([1]) { store.take($0, removed: &removed) }
        expectPinned(store, &removed)
    }

    @Test func `what nobody reads is not counted`() {
        let store = ShardedStore(shards: 1)
        for _ in 0..<10 { _ = store.put(entry(1)) }
        _ = store.remove([1])
        #expect(store.pinnedBytes == 0)
        #expect(!store.memory.isExceeded(by: .max / 2))
    }

    @Test func `a reader may outlive the store`() {
        var store: ShardedStore? = ShardedStore(shards: 1)
        _ = store?.put(entry(1))
        var reader = store?.entry(for: [1])
        _ = store?.remove([1])
        store = nil
        #expect(reader?.value.array == Self.value)
        reader = nil
    }

    @Test func `slow readers make a store full, also for what would replace others`() {
        let limit = 1 << 20
        let store = ShardedStore(shards: 1, maximumMemory: limit)
        var readers: [Entry] = []
        var count = 0
        while store.put(entry(1)).newVersion != nil, count < 1_000 {
            readers.append(store.entry(for: [1])!)
            count += 1
        }
        #expect(count < 130 && readers.count == count)
        #expect(store.put(entry(2)) == .full)
        #expect(store.pinnedBytes <= limit * 9 / 8)
        readers = []
        #expect(store.pinnedBytes == 0)
        #expect(store.put(entry(2)).hasCreated)
    }

    @Test func `slow readers make an evicting store smaller, and never full for what fits`() {
        let limit = 1 << 20
        let store = ShardedStore(shards: 1, maximumMemory: limit, eviction: .s3FIFO)
        for key in 0..<90 as Range<UInt8> { _ = store.put(entry(key)) }
        var readers = (0..<50 as Range<UInt8>).map { store.entry(for: [$0])! }
        for key in 0..<50 as Range<UInt8> { _ = store.remove([key]) }
        for key in 100..<200 as Range<UInt8> { #expect(store.put(entry(key)).hasCreated) }
        store.evictExcess()
        let kept = store.statistics(ofShard: 0).counts.memoryBytes
        #expect(kept + store.pinnedBytes <= limit + store.memory.step)
        #expect(readers.allSatisfy { $0.value.array == Self.value })
        readers = []
        #expect(store.pinnedBytes == 0)
    }

    @Test func `threads that read and replace one key leave nothing pinned`() {
        let store = ShardedStore(shards: 1)
        _ = store.put(entry(1))
        let sound = onThreads(4) { thread in
            (0..<2_000 * workScale).allSatisfy { _ in
                if thread == 0 { return store.put(entry(1)).newVersion != nil }
                return store.entry(for: [1])?.value.count == Self.value.count
            }
        }
        #expect(sound == [true, true, true, true])
        #expect(store.pinnedBytes == 0)
    }
}
