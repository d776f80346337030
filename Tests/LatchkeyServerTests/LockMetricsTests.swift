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
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LockMetricsTests {
    @Test func `waits for a held shard are in the scrape, their number exactly and their time within 5 percent`()
        async throws
    {
        let store = ShardedStore(shards: 1)
        let readers = 3
        let isHeld = DispatchSemaphore(value: 0)
        let mayEnd = DispatchSemaphore(value: 0)
        let held = AnnotatedMutex<UInt64>(0)
        async let hold: Void = blocking {
            store.cell(0).pointee.lock.withLock(.write) { _ in
                let start = monotonicNanoseconds()
                isHeld.signal()
                mayEnd.wait()
                held.withLock { $0 = monotonicNanoseconds() - start }
            }
        }
        try await blocking { isHeld.wait() }
        let waits = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for _ in 0..<readers {
                group.addTask {
                    try await blocking {
                        let start = monotonicNanoseconds()
                        _ = SharedBytes(copying: "a".utf8).withBorrowedBytes { store.entry(for: $0) }
                        return monotonicNanoseconds() - start
                    }
                }
            }
            let deadline = ContinuousClock.now + patience
            while store.waiters < readers, .now < deadline { await Task.yield() }
            #expect(store.waiters == readers)
            // Long enough that 5 percent are more than what it takes to wake a thread.
            try await blocking { _ = usleep(300_000) }
            mayEnd.signal()
            return try await group.reduce(0, +)
        }
        try await hold
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

    @Test func `one shard shows contention where 64 show next to none`() async throws {
        let requests = sized(10_000)
        let one = try await contention(shards: 1, requests: requests)
        let many = try await contention(shards: 64, requests: requests)
        #expect(one > 0)
        #expect(many < one / 4, "\(many) of \(one)")
    }

    /// Contended acquisitions by two threads that write and read, each its own keys. Not by more: with less cores than
    /// threads, each that loses its core under a lock holds up all others, however many locks there are.
    private func contention(shards: Int, requests: Int) async throws -> Double {
        let store = ShardedStore(shards: shards)
        // Until the first wait, which may take long on a machine with one free core; then as much work again in both.
        var rounds = 0
        repeat {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for thread in 0..<2 {
                    group.addTask {
                        try await blocking {
                            for number in 0..<requests {
                                let key = SharedBytes(copying: "\(thread) \(number % 100)".utf8)
                                key.withBorrowedBytes { key in
                                    _ = store.put(Self.entry(key))
                                    _ = store.entry(for: key)
                                }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            rounds += 1
        } while shards == 1 && rounds < 50 && scrape(store).sum("latchkey_shard_lock_contended_total") < 20
        return scrape(store).sum("latchkey_shard_lock_contended_total") / Double(rounds)
    }

    private static func entry(_ key: BorrowedBytes) -> Entry {
        let none = BorrowedBytes("")
        return Entry(
            sealing: Entry.start(key: key, attributes: none, hasDeadline: false, valueCount: 0, maximumValueCount: 0))
    }

    private func scrape(_ store: ShardedStore) -> Metrics {
        ServiceMetrics(store: store, state: ServiceState()).render(as: .text).withBorrowedBytes {
            Metrics(String(decoding: $0, as: UTF8.self))
        }
    }

    /// Fewer under a sanitizer.
    private func sized(_ count: Int) -> Int {
        #if THREAD_SANITIZER || ADDRESS_SANITIZER
            count / 8
        #else
            count
        #endif
    }
}
