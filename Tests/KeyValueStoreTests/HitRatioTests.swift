import ByteBuffers
import Testing

@testable import KeyValueStore

/// The eviction policy against an exact cache of as many entries, on traces of requests.
@Suite struct HitRatioTests {
    /// Hits of a store of one shard, and the most entries that it had.
    private func run(_ trace: Trace, limit: Int) -> (hits: Int, entries: Int) {
        let store = ShardedStore(shards: 1, hash: KeyHash(k0: 1, k1: 2), maximumMemory: limit, eviction: .s3FIFO)
        var (hits, most) = (0, 0)
        for key in trace.keys {
            let bytes = UInt64(key).bytes
            if store.entry(for: bytes) != nil { hits += 1 } else { _ = store.put(makeEntry(bytes)) }
            most = max(most, store.statistics(ofShard: 0).counts.keys)
        }
        return (hits, most)
    }

    private func leastRecentlyUsed(_ trace: Trace, entries: Int) -> Int {
        var cache = ReferenceCache(capacity: entries, movesOnHit: true)
        return trace.keys.count { cache.request($0) }
    }

    @Test(arguments: [1, 4])
    func `where scans come between, more is found than with the least recently used going first`(share: Int) {
        let trace = Trace.zipfWithScans(0.99, footprint: 20_000, count: 40_000)
        let ours = run(trace, limit: share * 20_000)
        let others = leastRecentlyUsed(trace, entries: ours.entries)
        #expect(ours.hits * 100 > others * 103, "\(ours.hits) and \(others) with \(ours.entries) entries")
    }

    @Test func `where some keys are asked for far more often, more is found too`() {
        let trace = Trace.zipf(0.99, footprint: 20_000, count: 40_000)
        let ours = run(trace, limit: 40_000)
        let others = leastRecentlyUsed(trace, entries: ours.entries)
        #expect(ours.hits > others, "\(ours.hits) and \(others) with \(ours.entries) entries")
    }
}
