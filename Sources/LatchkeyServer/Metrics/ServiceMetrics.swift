import ByteBuffers
import HTTPMessages
import KeyValueAPI
import KeyValueStore
import Locks
import MicroHTTPD
import PrometheusExposition

/// The service's figures at one moment, read from where they are counted.
///
/// - Locking: acquires each shard's lock in turn for as long as copying its counters takes.
struct ServiceMetrics {
    private let shards: [ShardedStore.ShardStatistics]
    private let waiters: Int
    private let server: HTTPServer?
    private let now = monotonicNanoseconds()

    /// Reads the figures of `store` and of the server that `state` knows.
    init(store: ShardedStore, state: ServiceState) {
        shards = (0..<store.shardCount).map { store.statistics(ofShard: $0) }
        waiters = store.waiters
        server = state.server.withLock { $0 }
    }

    /// The figures as text for Prometheus.
    func render() -> SharedBytes {
        var text = MetricsText()
        writeLocks(&text)
        writeStore(&text)
        writeHTTP(&text)
        text.writeBuildInfo()
        if let process = ProcessMetrics.read() { text.write(process) }
        return SharedBytes(copying: text.bytes)
    }

    private func writeLocks(_ text: inout MetricsText) {
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
            "latchkey_lock_waiters", .gauge,
            help: "Requests waiting for a shard's lock now. Not back at 0 within a scrape or two: a lock is stuck.")
        text.sample(waiters)
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
        writeShards(
            &text, "latchkey_shard_lock_hold_max_seconds", .gauge,
            "Longest hold of the shard's lock in the last 60 s, of those in latchkey_lock_hold_seconds. Over 1 ms: threads are kept from running; more CPU, or fewer --threads."
        ) { Self.seconds($0.lock.maximumHold(at: now)) }
    }

    /// One histogram over all shards.
    private func writeHistogram(
        _ text: inout MetricsText, _ labels: [(String, String)],
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

    private func writeStore(_ text: inout MetricsText) {
        writeShards(&text, "latchkey_shard_keys", .gauge, "Keys in the shard.") { $0.counts.keys }
        writeShards(&text, "latchkey_shard_bytes", .gauge, "Bytes of the keys and values in the shard.") {
            $0.counts.payloadBytes
        }
        text.begin("latchkey_keys", .gauge, help: "Keys stored.")
        text.sample(shards.reduce(0) { $0 + $1.counts.keys })
        text.begin("latchkey_value_bytes", .gauge, help: "Bytes of the values stored, without their keys.")
        text.sample(shards.reduce(0) { $0 + $1.counts.valueBytes })
        text.begin("latchkey_get_hits_total", .counter, help: "Look-ups that found their key.")
        text.sample(shards.reduce(0) { $0 + $1.counts.hits })
        text.begin(
            "latchkey_expired_total", .counter, help: "Entries removed because their time to live was over.")
        text.sample(shards.reduce(0) { $0 + $1.counts.expired })
        text.begin(
            "latchkey_get_misses_total", .counter,
            help: "Look-ups that did not. hits / (hits + misses) is the hit ratio.")
        text.sample(shards.reduce(0) { $0 + $1.counts.misses })
    }

    private func writeHTTP(_ text: inout MetricsText) {
        guard let server else { return }
        text.begin(
            "latchkey_http_requests_total", .counter,
            help: "Requests answered, by method, group of paths and status code.")
        for count in server.requestCounts {
            let route = Route(rawValue: count.route.rawValue) ?? .other
            text.sample(
                count.count,
                [("method", "\(count.method.name)"), ("route", route.label), ("code", "\(count.status.code)")])
        }
        text.begin("latchkey_http_connections", .gauge, help: "Connections open now. Near --max-connections: raise it.")
        text.sample(server.connectionCount)
        text.begin(
            "latchkey_http_waiting_requests", .gauge,
            help:
                "Requests that wait for a change (Prefer: wait) or for long work. They cost a connection and no thread."
        )
        text.sample(server.waitingCount)
        text.begin(
            "latchkey_http_rejected_total", .counter, help: "Connections refused, by reason. They were told to retry.")
        text.sample(server.rejectedConnectionCount, [("reason", "connections")])
    }

    private func writeShards(
        _ text: inout MetricsText, _ name: String, _ kind: MetricsText.Kind, _ help: String,
        _ value: (ShardedStore.ShardStatistics) -> some FixedWidthInteger
    ) {
        text.begin(name, kind, help: help)
        for (index, shard) in shards.enumerated() { text.sample(value(shard), [("shard", "\(index)")]) }
    }

    private func writeShards(
        _ text: inout MetricsText, _ name: String, _ kind: MetricsText.Kind, _ help: String,
        _ value: (ShardedStore.ShardStatistics) -> Double
    ) {
        text.begin(name, kind, help: help)
        for (index, shard) in shards.enumerated() { text.sample(value(shard), [("shard", "\(index)")]) }
    }

    private static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }
}
