import ByteBuffers
import KeyValueStore

/// Hit ratios of the store's eviction and of exact caches of as many entries, for traces of requests.
struct EvictionComparison {
    private let footprint: Int
    private let requests: Int

    init(footprint: Int, requests: Int) {
        self.footprint = footprint
        self.requests = requests
    }

    private var traces: [Trace] {
        [
            .zipf(0.7, footprint: footprint, count: requests), .zipf(0.99, footprint: footprint, count: requests),
            .zipf(1.2, footprint: footprint, count: requests),
            .zipfWithScans(0.99, footprint: footprint, count: requests),
            .loop(footprint: footprint, count: requests),
        ]
    }

    /// Prints the table, in Markdown.
    func run() {
        print("| trace | cache | entries | S3-FIFO | LRU | FIFO |")
        print("|---|---|---|---|---|---|")
        for trace in traces {
            for percent in [1, 10] {
                let ours = StoreCache.run(trace, entries: footprint * percent / 100)
                let others = [true, false].map { movesOnHit in
                    var cache = ReferenceCache(capacity: ours.entries, movesOnHit: movesOnHit)
                    return share(trace.keys.count { cache.request($0) }, of: trace)
                }
                print(
                    "| \(trace.name) | \(percent) % | \(ours.entries) | \(share(ours.hits, of: trace)) | \(others[0]) | \(others[1]) |"
                )
            }
        }
    }

    private func share(_ hits: Int, of trace: Trace) -> String {
        let tenths = (hits * 1000 + trace.keys.count / 2) / trace.keys.count
        return "\(tenths / 10).\(tenths % 10) %"
    }
}

/// A store that evicts, used as a cache.
private enum StoreCache {
    /// Bytes that an entry takes with what it needs of the table and the queues.
    private static let entryCount = 48 + 26

    /// Asks for each key, and stores it where it is missing.
    ///
    /// - Returns: how many were there, and the most entries that the store had.
    static func run(_ trace: Trace, entries: Int) -> (hits: Int, entries: Int) {
        let store = ShardedStore(shards: 1, maximumMemory: entries * entryCount, eviction: .s3FIFO)
        var (hits, most) = (0, 0)
        for (number, key) in trace.keys.enumerated() {
            withUnsafeBytes(of: UInt64(key)) { bytes in
                let key = BorrowedBytes(bytes)
                if store.entry(for: key) != nil {
                    hits += 1
                } else {
                    let builder = Entry.start(
                        key: key, attributes: BorrowedBytes(""), hasDeadline: false, valueCount: 0,
                        maximumValueCount: 0)
                    _ = store.put(Entry(sealing: builder))
                }
            }
            if number % 1_000 == 0 { most = max(most, store.statistics(ofShard: 0).counts.keys) }
        }
        return (hits, most)
    }
}
