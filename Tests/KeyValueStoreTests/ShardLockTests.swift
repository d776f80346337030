import Glibc
import Locks
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

    func withLock<Result: Sendable>(
        _ operation: LockOperation, isLong: Bool = false, _ body: (inout Number) -> Result
    ) -> Result {
        lock.withLock(operation, isLong: isLong, body)
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
        #expect(statistics.read.waits.count == 0)
        #expect(statistics.write.waits.count == 0)
        #expect(statistics.maximumWait(at: monotonicNanoseconds()) == 0)
        #expect(counter.waiters == 0)
    }

    @Test func `one hold in 128 is timed where nobody waits, and each that is long`() {
        let counter = SharedCounter()
        for round in 1...3 as ClosedRange<UInt64> {
            for _ in 0..<127 { counter.withLock(.read) { _ in } }
            #expect(counter.statistics.holds.count == 2 * round - 2)
            counter.withLock(.read) { _ in }
            #expect(counter.statistics.holds.count == 2 * round - 1)
            counter.withLock(.write, isLong: true) { _ in }
            #expect(counter.statistics.holds.count == 2 * round)
        }
        #expect(counter.statistics.read.count == 384)
        #expect(counter.statistics.write.count == 3)
    }

    @Test func `a step of work has its hold timed and is no acquisition`() {
        let counter = SharedCounter()
        let begun = monotonicNanoseconds()
        counter.lock.withLockForStep { _ in while monotonicNanoseconds() < begun + 2_000_000 {} }
        let elapsed = monotonicNanoseconds() - begun
        let statistics = counter.statistics
        #expect(statistics.holds.count == 1)
        #expect((1_000_000...elapsed).contains(statistics.holds.nanoseconds))
        #expect(statistics.maximumHold(at: monotonicNanoseconds()) == statistics.holds.nanoseconds)
        #expect(statistics.read.count + statistics.write.count == 0)
    }

    @Test func `a scrape is not counted`() {
        let counter = SharedCounter()
        for _ in 0..<5 { _ = counter.statistics }
        #expect(counter.statistics.read.count == 0)
        #expect(counter.statistics.write.count == 0)
        #expect(counter.statistics.holds.count == 0)
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
        #expect(statistics.read.waits.count == UInt64(readers))
        #expect(statistics.write.count == UInt64(writers + 1))
        #expect(statistics.write.waits.count == UInt64(writers))
        // All but the one that they waited for.
        #expect(statistics.holds.count == UInt64(readers + writers))
        let longest = statistics.maximumWait(at: monotonicNanoseconds())
        #expect(longest <= elapsed)
        for acquisitions in [statistics.read, statistics.write] {
            #expect(acquisitions.waits.nanoseconds <= longest * acquisitions.waits.count)
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
