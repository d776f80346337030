import Glibc
import Synchronization
import Testing

@testable import KeyValueStore

/// A lock around a number, for several threads.
///
/// Generic, because code that names `ShardLock` of a certain type would have to see that type's private part.
private final class Shared<Number: BinaryInteger & Sendable>: Sendable {
    let lock = ShardLock<Number>(0)

    var statistics: LockStatistics { lock.withLockUncounted { _, statistics in statistics } }
    var value: Number { lock.withLockUncounted { state, _ in state } }
    var waiters: Int { lock.waiters }

    func withLock<Result: Sendable>(_ operation: LockOperation, _ body: (inout Number) -> Result) -> Result {
        lock.withLock(operation, body)
    }
}

private typealias SharedCounter = Shared<Int>

/// Holds a lock until so many others wait for it: contention without a clock.
private final class LockHold: Sendable {
    private let isHeld = Atomic(false)

    /// Acquires the lock and keeps it until `count` threads wait.
    func run(_ counter: SharedCounter, untilWaiting count: Int) {
        counter.withLock(.write) { _ in
            isHeld.store(true, ordering: .releasing)
            while counter.waiters < count { sched_yield() }
        }
    }

    /// Returns when the lock is held.
    func awaitBegin() {
        while !isHeld.load(ordering: .acquiring) { sched_yield() }
    }
}

@Suite struct ShardLockTests {
    @Test func `the closure's result comes back and its change stays`() {
        let counter = SharedCounter()
        let before = counter.withLock(.write) { state in
            defer { state = 7 }
            return state
        }
        #expect(before == 0)
        #expect(counter.value == 7)
    }

    @Test func `a result of nil is a result`() {
        let counter = SharedCounter()
        let result: Int? = counter.withLock(.read) { state in
            state += 1
            return nil
        }
        #expect(result == nil)
        #expect(counter.value == 1)
        #expect(counter.statistics.read.count == 1)
    }

    @Test func `acquisitions of a free lock are counted by operation and wait for nothing`() {
        let counter = SharedCounter()
        for _ in 0..<3 { counter.withLock(.read) { _ in } }
        for _ in 0..<2 { counter.withLock(.write) { _ in } }
        let statistics = counter.statistics
        #expect(statistics.read.count == 3)
        #expect(statistics.write.count == 2)
        #expect(statistics.read.contendedCount == 0)
        #expect(statistics.write.contendedCount == 0)
        #expect(statistics.maximumWait(at: monotonicNanoseconds()) == 0)
        #expect(counter.waiters == 0)
    }

    @Test func `a scrape is not counted`() {
        let counter = SharedCounter()
        for _ in 0..<5 { _ = counter.statistics }
        #expect(counter.statistics.read.count == 0)
        #expect(counter.statistics.write.count == 0)
    }

    @Test(arguments: [(1, 0), (0, 1), (3, 2), (5, 11)])
    func `acquisitions that find the lock held are counted exactly`(readers: Int, writers: Int) {
        let counter = SharedCounter()
        let hold = LockHold()
        let begun = monotonicNanoseconds()
        _ = onThreads(1 + readers + writers) { index in
            if index == 0 {
                hold.run(counter, untilWaiting: readers + writers)
            } else {
                hold.awaitBegin()
                counter.withLock(index <= readers ? .read : .write) { $0 += 1 }
            }
        }
        let elapsed = monotonicNanoseconds() - begun
        let statistics = counter.statistics
        #expect(counter.value == readers + writers)
        #expect(counter.waiters == 0)
        #expect(statistics.read.count == UInt64(readers))
        #expect(statistics.read.contendedCount == UInt64(readers))
        #expect(statistics.write.count == UInt64(writers + 1))
        #expect(statistics.write.contendedCount == UInt64(writers))
        let longest = statistics.maximumWait(at: monotonicNanoseconds())
        #expect(longest <= elapsed)
        for acquisitions in [statistics.read, statistics.write] {
            #expect(acquisitions.waitNanoseconds <= longest * acquisitions.contendedCount)
            #expect(acquisitions.buckets.reduce(0, +) == acquisitions.count)
        }
    }

    @Test(arguments: [2, 8])
    func `no two threads are inside at once`(threads: Int) {
        let counter = SharedCounter()
        let rounds = 8_000 * workScale / threads
        _ = onThreads(threads) { index in
            for round in 0..<rounds {
                counter.withLock((index + round) % 2 == 0 ? .read : .write) { $0 += 1 }
            }
        }
        let statistics = counter.statistics
        #expect(counter.value == threads * rounds)
        #expect(statistics.read.count + statistics.write.count == UInt64(threads * rounds))
        #expect(statistics.read.buckets.reduce(0, +) == statistics.read.count)
        #expect(statistics.write.buckets.reduce(0, +) == statistics.write.count)
        #expect(counter.waiters == 0)
    }
}
