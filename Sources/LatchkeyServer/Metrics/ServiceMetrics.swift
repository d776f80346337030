import ByteBuffers
import KeyValueAPI
import KeyValueStore
import Locks
import MicroHTTPD
import PrometheusExposition

/// The service's figures at one moment, read from where they are counted.
///
/// - Locking: acquires each shard's lock in turn for as long as copying its counters takes.
struct ServiceMetrics {
    let shards: [ShardedStore.ShardStatistics]
    let waiters: Int
    let maximumMemory: Int
    let eviction: EvictionPolicy
    let pinnedBytes: Int
    let uploadBytes: Int
    let refusedUploads: UInt64
    let server: HTTPServer?
    let now = monotonicNanoseconds()

    /// Reads the figures of `store` and of the server that `state` knows.
    init(store: ShardedStore, state: ServiceState) {
        shards = (0..<store.shardCount).map { store.statistics(ofShard: $0) }
        waiters = store.waiters
        maximumMemory = store.maximumMemory
        eviction = store.eviction
        pinnedBytes = store.pinnedBytes
        uploadBytes = store.uploadBytes
        refusedUploads = store.refusedUploads
        server = state.server.withLock { $0 }
    }

    /// The figures as text for Prometheus.
    func render(as format: ServiceDocuments.MetricsFormat) -> SharedBytes {
        var text = MetricsText(format == .openMetrics ? .openMetrics : .text)
        writeLocks(&text)
        writeStore(&text)
        if let server { writeHTTP(server, &text) }
        text.writeBuildInfo()
        if let process = ProcessMetrics.read() { text.write(process) }
        return SharedBytes(copying: text.finish())
    }

    /// The sum of a figure over all shards.
    func sum<Number: AdditiveArithmetic>(_ figure: (ShardedStore.ShardStatistics) -> Number) -> Number {
        shards.reduce(.zero) { $0 + figure($1) }
    }

    static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }
}
