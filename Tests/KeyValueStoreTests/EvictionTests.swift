import ByteBuffers
import Synchronization
import TestSupport
import Testing

@testable import KeyValueStore

/// A full store that makes room.
@Suite struct EvictionTests {
    private static let limit = 2 << 20
    private static let value = [UInt8](repeating: 7, count: 1_000)

    private func evictingStore(shards: Int = 4, limit: Int = Self.limit, clock: StoreClock = .monotonic) -> ShardedStore
    {
        ShardedStore(shards: shards, maximumMemory: limit, eviction: .s3FIFO, clock: clock)
    }

    private func memory(of store: ShardedStore) -> Int {
        (0..<store.shardCount).reduce(0) { $0 + store.statistics(ofShard: $1).counts.memoryBytes }
    }

    private func evicted(_ store: ShardedStore) -> UInt64 {
        (0..<store.shardCount).reduce(0) { $0 + store.statistics(ofShard: $1).counts.evicted }
    }

    @Test(arguments: [1, 4, 64])
    func `writes go on beyond the limit, and what is read stays`(shards: Int) {
        let store = evictingStore(shards: shards)
        for key in 0..<20_000 as Range<UInt64> {
            #expect(store.put(makeEntry(key.bytes, Self.value)).hasCreated)
            // A hundred are read all the time, a few others once.
            for hot in [key % 100, key / 2] { _ = store.entry(for: hot.bytes) }
        }
        let lost = (0..<100 as Range<UInt64>).filter { store.entry(for: $0.bytes) == nil }
        // Of 64 shards each has room for 30 entries, and chance puts many of the hundred into one.
        #expect(lost.count <= shards / 32)
        #expect(store.entry(for: UInt64(19_999).bytes) != nil)
        let unreported = shards * store.memory.step
        #expect(memory(of: store) <= Self.limit + unreported)
        #expect(memory(of: store) > Self.limit * 7 / 10)
        #expect(evicted(store) + UInt64(store.totalCounts.keys) == 20_000)
    }

    @Test func `without a policy nothing is evicted`() {
        let store = ShardedStore(shards: 4, maximumMemory: Self.limit)
        var key: UInt64 = 0
        while store.put(makeEntry(key.bytes, Self.value)).hasCreated { key += 1 }
        store.evictExcess()
        #expect(store.totalCounts.keys == Int(key))
        #expect(evicted(store) == 0)
    }

    @Test func `a value that cannot fit is refused, and nothing goes for it`() {
        let store = evictingStore()
        for key in 0..<1_000 as Range<UInt64> { _ = store.put(makeEntry(key.bytes, Self.value)) }
        let large = makeEntry([1], [UInt8](repeating: 1, count: Self.limit))
        #expect(store.isFull(forValueOf: Self.limit))
        #expect(store.put(large) == .full)
        #expect(evicted(store) == 0)
        #expect(store.totalCounts.keys == 1_000)
    }

    @Test func `where a shard has nothing to give, others do`() {
        let store = evictingStore(shards: 16)
        var key: UInt64 = 0
        while evicted(store) == 0 {
            _ = store.put(makeEntry(key.bytes, Self.value))
            key += 1
        }
        // Ten times what one shard has.
        let large = [UInt8](repeating: 1, count: Self.limit * 10 / 16)
        #expect(store.put(makeEntry(key.bytes, large)).hasCreated)
        #expect(store.entry(for: key.bytes)?.value.count == large.count)
        #expect(memory(of: store) <= Self.limit + 16 * store.memory.step + large.count / 16)
    }

    @Test func `a write whose condition does not hold evicts nothing`() {
        let store = evictingStore(shards: 1)
        var key: UInt64 = 0
        while evicted(store) == 0 {
            _ = store.put(makeEntry(key.bytes, Self.value))
            key += 1
        }
        let before = evicted(store)
        let last = (key - 1).bytes
        for _ in 0..<100 {
            let outcome = store.put(makeEntry(last, Self.value + Self.value), if: WriteCondition(notMatching: .any))
            #expect(outcome.newVersion == nil)
        }
        #expect(evicted(store) == before)
    }

    @Test func `what has expired goes first, and is not counted as evicted`() {
        let clock = HandClock()
        let store = evictingStore(shards: 1, clock: clock.clock)
        for key in 0..<500 as Range<UInt64> { _ = store.put(makeEntry(key.bytes, Self.value, deadline: 2_000)) }
        clock.advance(by: 2_000)
        for key in 500..<2_300 as Range<UInt64> { #expect(store.put(makeEntry(key.bytes, Self.value)).hasCreated) }
        #expect(store.totalCounts.expired > 300)
        #expect(evicted(store) == 0)
    }

    @Test func `a watcher is told of an eviction`() {
        let store = evictingStore(shards: 1)
        let watcher = EvictionWatcher()
        _ = store.put(makeEntry([1], Self.value))
        borrowing([1]) { store.watch($0, watcher) }
        var key: UInt64 = 1_000
        while watcher.count == 0, key < 100_000 {
            _ = store.put(makeEntry(key.bytes, Self.value))
            key += 1
        }
        #expect(watcher.count == 1)
        #expect(store.entry(for: [1]) == nil)
    }

    @Test func `what was evicted and comes again soon stays`() {
        let store = evictingStore(shards: 1)
        let key = UInt64.max.bytes
        _ = store.put(makeEntry(key, Self.value))
        var filler: UInt64 = 0
        while store.entry(for: key) != nil || filler == 0 {
            // Only after a while: looking at it is a use.
            for _ in 0..<3_000 {
                _ = store.put(makeEntry(filler.bytes, Self.value))
                filler += 1
            }
        }
        _ = store.put(makeEntry(key, Self.value))
        for _ in 0..<900 {
            _ = store.put(makeEntry(filler.bytes, Self.value))
            filler += 1
        }
        #expect(store.entry(for: key) != nil)
    }

    @Test func `queues of a table in which all is written over do not grow`() {
        let store = evictingStore(shards: 1, limit: 64 << 20)
        func round() {
            for key in 0..<2_000 as Range<UInt64> {
                if key % 5 == 0 { _ = store.remove(key.bytes) }
                _ = store.put(makeEntry(key.bytes))
            }
        }
        for _ in 0..<10 { round() }
        let after10 = memory(of: store)
        for _ in 0..<40 { round() }
        #expect(memory(of: store) <= after10 + 16 * QueueBlock.allocatedCount)
        // Every entry is in a queue still.
        #expect(store.totalCounts.keys == 2_000)
        #expect(store.evict(64 << 20, from: 0) == false)
        #expect(store.totalCounts.keys == 0)
        #expect(evicted(store) == 2_000)
    }

    @Test func `whatever is done, the counts are those of what is there`() {
        var generator = SeededGenerator(seed: 11)
        let clock = HandClock()
        let store = evictingStore(shards: 2, limit: 1 << 20, clock: clock.clock)
        for step in 0..<30_000 {
            let key = UInt64.random(in: 0..<3_000, using: &generator).bytes
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: _ = store.remove(key)
            case 1..<5: _ = store.entry(for: key)
            case 5: _ = borrowing(key) { store.moveDeadline(of: $0, to: clock.now + 500) }
            default:
                let value = [UInt8](repeating: 1, count: Int.random(in: 0..<1_500, using: &generator))
                _ = store.put(makeEntry(key, value, deadline: step % 7 == 0 ? clock.now + 300 : nil))
            }
            clock.advance(by: 1)
            if step % 1_000 == 0 { _ = store.sweep() }
        }
        #expect(evicted(store) > 1_000)
        for index in 0..<2 {
            let (actual, counted, newcomers) = store.cell(index).pointee.lock.withLockUncounted { shard, _ in
                var entries: [Entry] = []
                var next: UInt64? = 0
                while let order = next { next = shard.table.collect(at: order, into: &entries) }
                let newcomers = entries.filter(\.memory.use.isNewcomer)
                return (
                    entries.reduce(0) { $0 + $1.value.count }, shard.counts.valueBytes,
                    (newcomers.reduce(0) { $0 + $1.memory.allocatedCount }, shard.counts.newcomerBytes)
                )
            }
            #expect(actual == counted)
            #expect(newcomers.0 == newcomers.1)
        }
        #expect(store.pinnedBytes == 0)
    }

    @Test func `threads that write, read and remove at the limit keep to it`() {
        let store = evictingStore(shards: 4)
        let most = Atomic<Int>(0)
        let failures = onThreads(4) { thread in
            var generator = SeededGenerator(seed: UInt64(thread))
            var failed = 0
            for _ in 0..<4_000 * workScale {
                let key = UInt64.random(in: 0..<10_000, using: &generator).bytes
                switch Int.random(in: 0..<10, using: &generator) {
                case 0: _ = store.remove(key)
                case 1..<6:
                    if let entry = store.entry(for: key), entry.key.array != key { failed += 1 }
                default: if store.put(makeEntry(key, Self.value)) == .full { failed += 1 }
                }
                most.max(memory(of: store), ordering: .relaxed)
            }
            return failed
        }
        #expect(failures == [0, 0, 0, 0])
        #expect(most.load(ordering: .relaxed) <= Self.limit + 4 * store.memory.step + 4 * 2_048)
        #expect(store.pinnedBytes == 0)
    }
}

private final class EvictionWatcher: KeyWatcher {
    private let changes = Atomic<Int>(0)
    var count: Int { changes.load(ordering: .relaxed) }
    func keyChanged() { changes.add(1, ordering: .relaxed) }
}
