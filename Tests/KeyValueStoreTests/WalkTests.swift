import ByteBuffers
import Locks
import Synchronization
import TestSupport
import Testing

@testable import KeyValueStore

@Suite struct WalkTests {
    /// All keys, in the order of the walk.
    private func walk(_ store: ShardedStore, between steps: (Int) -> Void = { _ in }) -> [[UInt8]] {
        var position: ShardedStore.WalkPosition? = .init()
        var keys: [[UInt8]] = []
        var count = 0
        while position != nil {
            keys += store.nextEntries(from: &position).map(\.entry.key.array)
            steps(count)
            count += 1
        }
        return keys
    }

    @Test(arguments: [1, 2, 64]) func `an empty store has nothing to walk over`(shards: Int) {
        #expect(walk(ShardedStore(shards: shards)).isEmpty)
    }

    @Test func `different hashes have different places in the order`() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<10_000 {
            let hash = random.next()
            let bit = UInt64(1) << (random.next() % 64)
            #expect(Table.order(of: hash) != Table.order(of: hash ^ bit))
        }
    }

    @Test func `keys that stay are met once while the table grows and shrinks around them`() {
        for seed in [1, UInt64.random(in: 2 ... .max)] {
            let store = ShardedStore(shards: 2, hash: KeyHash(k0: seed, k1: 5))
            let staying = (0..<3_000 as Range<UInt64>).map(\.bytes)
            for key in staying { _ = store.put(makeEntry(key)) }
            var random = SeededGenerator(seed: seed)
            var next: UInt64 = 10_000
            let walked = walk(store) { _ in
                for _ in 0..<2_000 {
                    _ = store.put(makeEntry(next.bytes))
                    next += 1
                    _ = store.remove((10_000 + random.next() % (next - 10_000)).bytes)
                }
            }
            #expect(Set(walked).count == walked.count, "seed \(seed)")
            #expect(Set(walked).isSuperset(of: staying), "seed \(seed)")
        }
    }

    @Test func `a walk goes on behind any entry, also when it stopped in the middle of a step`() {
        let store = ShardedStore(shards: 2, hash: KeyHash(k0: 1, k1: 2))
        for key in 0..<2_000 as Range<UInt64> { _ = store.put(makeEntry(key.bytes)) }
        var position: ShardedStore.WalkPosition? = .init()
        var keys: [[UInt8]] = []
        while position != nil {
            let entries = store.nextEntries(from: &position)
            guard let last = entries.prefix(7).last else { continue }
            keys += entries.prefix(7).map(\.entry.key.array)
            position = last.position.following(shardCount: 2)
        }
        #expect(keys.count == 2_000)
        #expect(Set(keys).count == 2_000)
    }

    @Test func `what has expired is not met`() {
        let hand = HandClock()
        let store = ShardedStore(shards: 1, clock: hand.clock)
        _ = store.put(makeEntry([1], deadline: hand.now + 1))
        _ = store.put(makeEntry([2], deadline: hand.now + 2))
        hand.advance(by: 1)
        #expect(walk(store) == [[2]])
    }

    @Test func `walks, writes and sweeps at once lose no key that stays`() {
        let store = ShardedStore(shards: 4, hash: KeyHash(k0: 9, k1: 9))
        let staying = (0..<2_000 as Range<UInt64>).map(\.bytes)
        for key in staying { _ = store.put(makeEntry(key)) }
        let walksLeft = Atomic<Int>(3 * 20)
        let sound = onThreads(6) { thread in
            var isSound = true
            if thread < 3 {
                for _ in 0..<20 {
                    let walked = walk(store)
                    isSound = isSound && Set(walked).count == walked.count && Set(walked).isSuperset(of: staying)
                    walksLeft.subtract(1, ordering: .relaxed)
                }
            } else {
                var random = SeededGenerator(seed: UInt64(thread))
                while walksLeft.load(ordering: .relaxed) > 0 {
                    if thread == 3 { _ = store.sweep() }
                    let key = (100_000 + random.next() % 20_000).bytes
                    switch random.next() % 3 {
                    case 0: _ = store.remove(key)
                    case 1: _ = store.put(makeEntry(key, deadline: monotonicNanoseconds() + random.next() % 2_000_000))
                    default: _ = store.put(makeEntry(key))
                    }
                }
            }
            return isSound
        }
        #expect(sound.allSatisfy { $0 })
    }
}
