import KeyValueStore
import PrometheusExposition

extension ServiceMetrics {
    func writeLocks(_ text: inout MetricsText) {
        text.begin(
            "latchkey_lock_wait_seconds", .histogram,
            help:
                "Time from asking for a shard's lock to holding it, all acquisitions. Rising? Find the shard, or raise --shards."
        )
        for operation in LockOperation.allCases {
            writeHistogram(&text, [("op", "\(operation)")]) { ($0[operation].buckets, $0[operation].waits.nanoseconds) }
        }
        text.begin(
            "latchkey_lock_hold_seconds", .histogram,
            help:
                "Time that a shard's lock was held: 1 in 128 of the acquisitions that did not wait, and all that waited, grew the table, or were a step of a listing or of the removal of what has expired."
        )
        writeHistogram(&text, []) { ($0.holds.buckets, $0.holds.nanoseconds) }
        text.begin(
            "latchkey_lock_hold_max_seconds", .gauge,
            help:
                "Longest hold of a shard's lock in the last 60 s, of those in latchkey_lock_hold_seconds. Over 1 ms: threads are kept from running; more CPU, or fewer --threads."
        )
        text.sample(Self.seconds(shards.reduce(0) { max($0, $1.lock.maximumHold(at: now)) }))
        text.begin(
            "latchkey_lock_waiters", .gauge,
            help: "Requests waiting for a shard's lock now. Not back at 0 within a scrape or two: a lock is stuck.")
        text.sample(waiters)
        writeShardLocks(&text)
    }

    private func writeShardLocks(_ text: inout MetricsText) {
        writeShards(
            &text, "latchkey_shard_lock_acquisitions_total", .counter,
            "Times that the shard's lock was acquired. One far above the others: a hot key."
        ) { $0.lock.read.count + $0.lock.write.count }
        writeShards(
            &text, "latchkey_shard_lock_contended_total", .counter,
            "Acquisitions that found the lock held. Divide by the acquisitions for the contention ratio."
        ) { $0.lock.read.waits.count + $0.lock.write.waits.count }
        writeShards(
            &text, "latchkey_shard_lock_wait_seconds_total", .counter,
            "Time spent waiting for the shard's lock. topk(5, rate(...[1m])) names the shards that cost most."
        ) { Self.seconds($0.lock.read.waits.nanoseconds + $0.lock.write.waits.nanoseconds) }
        writeShards(
            &text, "latchkey_shard_lock_wait_max_seconds", .gauge,
            "Longest wait for the shard's lock in the last 60 s."
        ) { Self.seconds($0.lock.maximumWait(at: now)) }
    }

    /// One histogram over all shards.
    private func writeHistogram(
        _ text: inout MetricsText, _ labels: [MetricsText.Label],
        _ figures: (LockStatistics) -> (buckets: [UInt64], nanoseconds: UInt64)
    ) {
        var counts = [UInt64](repeating: 0, count: LockStatistics.bounds.count + 1)
        var nanoseconds: UInt64 = 0
        for shard in shards {
            let own = figures(shard.lock)
            nanoseconds += own.nanoseconds
            for (index, count) in own.buckets.enumerated() { counts[index] += count }
        }
        text.histogram(
            labels, bounds: LockStatistics.bounds.map(Self.seconds), counts: counts, sum: Self.seconds(nanoseconds))
    }
}
