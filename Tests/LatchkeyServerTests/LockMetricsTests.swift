import ByteBuffers
import Foundation
import KeyValueAPI
import Locks
import Sockets
import TestSupport
import Testing

@testable import KeyValueStore
@testable import LatchkeyServer

/// That the lock metrics tell what has happened.
@Suite(.ownThreads, .timeLimit(.minutes(suiteMinutes))) struct LockMetricsTests {
    @Test func `waits for a held shard are in the scrape, their number exactly and their time within 5 percent`()
        async throws
    {
        let store = ShardedStore(shards: 1)
        let readers = 3
        let waits = try await reads(of: (0..<readers).map { "\($0)" }, in: store) { _ in
            let allWait = try eventually { store.waiters == readers }
            #expect(allWait)
            // Long enough that 5 percent are more than what it takes to wake a thread.
            usleep(300_000)
        }
        let metrics = scrape(store)
        let total = Double(waits) / 1e9
        #expect(metrics[#"latchkey_shard_lock_contended_total{shard="0"}"#] == Double(readers))
        #expect(metrics[#"latchkey_shard_lock_acquisitions_total{shard="0"}"#] == Double(readers + 1))
        #expect(metrics[#"latchkey_lock_wait_seconds_count{op="read"}"#] == Double(readers))
        #expect(metrics[#"latchkey_lock_wait_seconds_count{op="write"}"#] == 1)
        #expect(metrics[#"latchkey_lock_wait_seconds_bucket{op="read",le="0.1"}"#] == 0)
        #expect(metrics["latchkey_lock_waiters"] == 0)
        for series in [
            #"latchkey_lock_wait_seconds_sum{op="read"}"#, #"latchkey_shard_lock_wait_seconds_total{shard="0"}"#,
        ] {
            let told = try #require(metrics[series])
            #expect(abs(told - total) <= 0.05 * total, "\(series): \(told) of \(total)")
        }
        #expect(try #require(metrics[#"latchkey_shard_lock_wait_max_seconds{shard="0"}"#]) >= 0.3)
        // Among the holds are those of the three that waited.
        #expect(metrics["latchkey_lock_hold_seconds_count"] == Double(readers))
    }

    /// Not by chance, which has more to do with how many cores a machine has free: while one shard is held, 16 clients come.
    @Test func `with one shard 16 clients wait for the one that writes, and with 64 none does`() async throws {
        let one = ShardedStore(shards: 1)
        try await reads(of: (0..<16).map { "\($0)" }, in: one) { _ in
            let allWait = try eventually { one.waiters == 16 }
            #expect(allWait)
        }
        #expect(scrape(one).sum("latchkey_shard_lock_contended_total") == 16)

        let many = ShardedStore(shards: 64)
        // One key a shard, since two readers of one shard may meet there whoever holds another.
        var shards: Set = [many.cell(0)]
        let apart = (0..<2_000).map { "\($0)" }.filter { key in
            SharedBytes(copying: key.utf8).withBorrowedBytes { shards.insert(many.cell(of: many.hashed($0))).inserted }
        }
        try await reads(of: Array(apart.prefix(16)), in: many) { served in
            // All of them are served though the shard is still held. Counted here, since who asks a shard holds its lock.
            let allServed = try eventually { served() == 16 }
            #expect(allServed)
        }
        #expect(scrape(many).sum("latchkey_shard_lock_contended_total") == 0)
        #expect(scrape(many).sum("latchkey_lock_wait_seconds_sum") == 0)
    }

    /// Reads each of `keys` on a thread of its own, while the first shard's lock is held for a write until `meanwhile` returns.
    ///
    /// - Returns: how long the reads took in all, in nanoseconds.
    @discardableResult
    private func reads(
        of keys: [String], in store: ShardedStore,
        _ meanwhile: @escaping @Sendable (_ served: @Sendable () -> Int) throws -> Void
    ) async throws -> UInt64 {
        let isHeld = DispatchSemaphore(value: 0)
        let mayEnd = DispatchSemaphore(value: 0)
        let served = Served()
        return try await blocking {
            async let hold: Void = store.cell(0).pointee.lock.withLock(.write) { _ in
                isHeld.signal()
                mayEnd.wait()
            }
            ({ isHeld.wait() })()
            let total = try await withThrowingTaskGroup(of: UInt64.self) { group in
                // Whatever fails, the reads must end.
                defer { mayEnd.signal() }
                for key in keys {
                    group.addTask {
                        let start = monotonicNanoseconds()
                        _ = SharedBytes(copying: key.utf8).withBorrowedBytes { store.entry(for: $0) }
                        let taken = monotonicNanoseconds() - start
                        served.count.withLock { $0 += 1 }
                        return taken
                    }
                }
                try meanwhile { served.count.withLock { $0 } }
                mayEnd.signal()
                return try await group.reduce(0, +)
            }
            await hold
            return total
        }
    }

    private func scrape(_ store: ShardedStore) -> Metrics {
        ServiceMetrics(store: store, state: ServiceState()).render(as: .text).withBorrowedBytes {
            Metrics(String(decoding: $0, as: UTF8.self))
        }
    }
}

/// How many reads have been answered.
private final class Served: Sendable {
    let count = AnnotatedMutex(0)
}
