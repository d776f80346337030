import ByteBuffers
import Testing

@testable import KeyValueStore

@Suite struct GrowthTests {
    /// A write acquires the lock once; one that finds its segment full, once more for each split, which moves the
    /// slots of one segment. So acquisitions bound the work.
    @Test func `no write into a growing shard does more than a few splits`() {
        let keyCount: UInt64 = 100_000 * UInt64(workScale)
        let store = ShardedStore(shards: 1, hash: KeyHash(k0: 7, k1: 8))
        var (last, most) = (0 as UInt64, 0 as UInt64)
        for key in 0..<keyCount {
            guard store.put(makeEntry(key.bytes)).hasCreated else {
                Issue.record("key \(key) was there already")
                return
            }
            let acquisitions = store.statistics(ofShard: 0).lock.write.count
            most = max(most, acquisitions - last)
            last = acquisitions
        }
        #expect(most <= 4)
        // A split leaves two segments that are half full on average, so there is one for some 200 keys.
        #expect(last <= keyCount + keyCount / UInt64(Segment.maximumCount / 2))
        #expect(store.totalCounts.keys == Int(keyCount))
        #expect((0..<keyCount).allSatisfy { store.entry(for: $0.bytes)?.key.array == $0.bytes })
    }
}
