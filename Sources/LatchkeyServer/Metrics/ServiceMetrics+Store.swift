import KeyValueStore
import PrometheusExposition

extension ServiceMetrics {
    func writeStore(_ text: inout MetricsText) {
        writeShards(&text, "latchkey_shard_keys", .gauge, "Keys in the shard.") { $0.counts.keys }
        writeShards(&text, "latchkey_shard_bytes", .gauge, "Bytes of the keys and values in the shard.") {
            $0.counts.payloadBytes
        }
        text.begin("latchkey_keys", .gauge, help: "Keys stored.")
        text.sample(sum(\.counts.keys))
        text.begin("latchkey_value_bytes", .gauge, help: "Bytes of the values stored, without their keys.")
        text.sample(sum(\.counts.valueBytes))
        text.begin(
            "latchkey_memory_bytes", .gauge,
            help:
                "Memory that keys, values and their tables take. Connections and the program itself come on top of it.")
        text.sample(sum(\.counts.memoryBytes))
        text.begin(
            "latchkey_memory_limit_bytes", .gauge,
            help:
                "What latchkey_memory_bytes, latchkey_pinned_bytes and latchkey_upload_bytes_in_flight may come to: --max-memory. Beyond it new values are refused with 507, or evict others: --eviction. What is there may grow by little, into a sixteenth beyond it."
        )
        text.sample(maximumMemory)
        text.begin(
            "latchkey_pinned_bytes", .gauge,
            help:
                "Memory of values that have left the store and are still being sent: replaced, removed, expired or evicted while somebody read them; with answers to batches and lists. High: slow readers."
        )
        text.sample(pinnedBytes)
        text.begin(
            "latchkey_upload_bytes_in_flight", .gauge,
            help:
                "Memory of uploads in progress, of those beyond 8 KiB: at most --max-upload-bytes. New ones are told to retry beyond it."
        )
        text.sample(uploadBytes)
        text.begin("latchkey_get_hits_total", .counter, help: "Look-ups that found their key.")
        text.sample(sum(\.counts.hits))
        text.begin(
            "latchkey_get_misses_total", .counter,
            help: "Look-ups that did not. hits / (hits + misses) is the hit ratio.")
        text.sample(sum(\.counts.misses))
        text.begin(
            "latchkey_expired_total", .counter, help: "Entries removed because their time to live was over.")
        text.sample(sum(\.counts.expired))
        text.begin(
            "latchkey_eviction_info", .gauge, help: "Always 1; what --eviction says is in the label.")
        text.sample(1, [("policy", eviction.rawValue)])
        text.begin(
            "latchkey_evicted_total", .counter,
            help: "Entries removed to make room for others. 0 with --eviction none, which refuses the others.")
        text.sample(sum(\.counts.evicted))
    }

    func writeShards(
        _ text: inout MetricsText, _ name: String, _ kind: MetricsText.Kind, _ help: String,
        _ value: (ShardedStore.ShardStatistics) -> some FixedWidthInteger
    ) {
        text.begin(name, kind, help: help)
        for (index, shard) in shards.enumerated() { text.sample(value(shard), [("shard", "\(index)")]) }
    }

    func writeShards(
        _ text: inout MetricsText, _ name: String, _ kind: MetricsText.Kind, _ help: String,
        _ value: (ShardedStore.ShardStatistics) -> Double
    ) {
        text.begin(name, kind, help: help)
        for (index, shard) in shards.enumerated() { text.sample(value(shard), [("shard", "\(index)")]) }
    }
}
