import TestSupport
import Testing

@testable import KeyValueStore

@Suite struct LockStatisticsTests {
    private let second: UInt64 = 1_000_000_000
    /// Some moment, at the start of a ten-second span.
    private let start: UInt64 = 1_000_000_000_000

    @Test func `nothing recorded is all zero`() {
        let statistics = LockStatistics()
        for acquisitions in [statistics.read, statistics.write] {
            #expect(acquisitions.count == 0)
            #expect(acquisitions.waits.count == 0)
            #expect(acquisitions.waits.nanoseconds == 0)
            #expect(acquisitions.buckets == [UInt64](repeating: 0, count: 18))
        }
        #expect(statistics.maximumWait(at: 0) == 0)
        #expect(statistics.holds.count == 0)
        #expect(statistics.maximumHold(at: 0) == 0)
        #expect(statistics.maximumWait(at: start) == 0)
    }

    @Test func `the bounds rise from 100 ns to 10 s and each has a bucket`() {
        #expect(LockStatistics.bounds.first == 100)
        #expect(LockStatistics.bounds.last == 10 * second)
        #expect(zip(LockStatistics.bounds, LockStatistics.bounds.dropFirst()).allSatisfy { $0 < $1 })
        #expect(LockStatistics().read.buckets.count == LockStatistics.bounds.count + 1)
    }

    @Test func `an acquisition that did not wait is in the first bucket and in no wait`() {
        var statistics = LockStatistics()
        var immediate = ImmediateAcquisitions()
        for _ in 0..<5 { _ = _ = immediate.record(.read) }
        _ = immediate.record(.write)
        statistics.add(immediate)
        #expect(statistics.read.count == 5)
        #expect(statistics.write.count == 1)
        #expect(statistics.read.waits.count == 0)
        #expect(statistics.read.buckets == [5] + [UInt64](repeating: 0, count: 17))
        #expect(statistics.maximumWait(at: start) == 0)
    }

    @Test func `a wait up to a bound is in its bucket and a longer one in the next`() {
        for (place, bound) in LockStatistics.bounds.enumerated() {
            for (waited, bucket) in [(bound, place), (bound + 1, place + 1)] {
                var statistics = LockStatistics()
                statistics.recordContended(.write, waited: waited, now: start)
                var expected = [UInt64](repeating: 0, count: 18)
                expected[bucket] = 1
                #expect(statistics.write.buckets == expected, "\(waited) ns")
                #expect(statistics.read.buckets == [UInt64](repeating: 0, count: 18))
            }
        }
    }

    @Test func `counts, waits and buckets add up by operation`() {
        var statistics = LockStatistics()
        var random = SeededGenerator(seed: 5)
        var expected: [LockOperation: (count: UInt64, contended: UInt64, waited: UInt64)] = [
            .read: (0, 0, 0), .write: (0, 0, 0),
        ]
        var immediate = ImmediateAcquisitions()
        for _ in 0..<2_000 {
            let operation = LockOperation.allCases.randomElement(using: &random)!
            expected[operation]!.count += 1
            if Bool.random(using: &random) {
                _ = immediate.record(operation)
            } else {
                let waited = random.next() % (20 * second)
                statistics.recordContended(operation, waited: waited, now: start)
                expected[operation]!.contended += 1
                expected[operation]!.waited += waited
            }
        }
        statistics.add(immediate)
        for (operation, acquisitions) in [(LockOperation.read, statistics.read), (.write, statistics.write)] {
            #expect(acquisitions.count == expected[operation]!.count)
            #expect(acquisitions.waits.count == expected[operation]!.contended)
            #expect(acquisitions.waits.nanoseconds == expected[operation]!.waited)
            #expect(acquisitions.buckets.reduce(0, +) == acquisitions.count)
        }
    }

    @Test func `a hold up to a bound is in its bucket and a longer one in the next`() {
        for (place, bound) in LockStatistics.bounds.enumerated() {
            for (held, bucket) in [(bound, place), (bound + 1, place + 1)] {
                var statistics = LockStatistics()
                statistics.recordHold(since: start, now: start + held)
                var expected = [UInt64](repeating: 0, count: 18)
                expected[bucket] = 1
                #expect(statistics.holds.buckets == expected, "\(held) ns")
                #expect(statistics.holds.count == 1)
                #expect(statistics.holds.nanoseconds == held)
                #expect(statistics.maximumHold(at: start + held) == held)
                #expect(statistics.maximumWait(at: start + held) == 0)
                #expect(statistics.read.count + statistics.write.count == 0)
            }
        }
    }

    @Test func `the longest hold is forgotten after its minute`() {
        var statistics = LockStatistics()
        statistics.recordHold(since: start, now: start + 900)
        statistics.recordHold(since: start + 30 * second, now: start + 30 * second + 300)
        #expect(statistics.maximumHold(at: start + 59 * second) == 900)
        #expect(statistics.maximumHold(at: start + 75 * second) == 300)
        #expect(statistics.maximumHold(at: start + 105 * second) == 0)
        #expect(statistics.holds.count == 2)
    }

    @Test func `the maximum is the longest of all operations`() {
        var statistics = LockStatistics()
        for (operation, waited) in [(LockOperation.read, 30), (.write, 70), (.read, 50)] as [(LockOperation, UInt64)] {
            statistics.recordContended(operation, waited: waited, now: start)
        }
        #expect(statistics.maximumWait(at: start) == 70)
    }

    @Test func `a wait is in the maximum for a minute`() {
        var forgotten: [UInt64] = []
        for offset in 0..<10 as Range<UInt64> {
            var statistics = LockStatistics()
            let recorded = start + offset * second
            statistics.recordContended(.read, waited: 5, now: recorded)
            forgotten += (0..<60).filter { statistics.maximumWait(at: recorded + $0 * second) != 5 }
        }
        #expect(forgotten == [], "seconds after it was recorded")
    }

    @Test func `a wait is forgotten within ten seconds after that minute`() {
        for offset in 0..<10 as Range<UInt64> {
            var statistics = LockStatistics()
            let recorded = start + offset * second
            statistics.recordContended(.read, waited: 5, now: recorded)
            for age in [70, 71, 120, 600, 86_400] as [UInt64] {
                #expect(statistics.maximumWait(at: recorded + age * second) == 0)
            }
        }
    }

    @Test func `the maximum falls to the next longest as the longest grows old`() {
        var statistics = LockStatistics()
        statistics.recordContended(.read, waited: 900, now: start)
        statistics.recordContended(.read, waited: 300, now: start + 20 * second)
        statistics.recordContended(.read, waited: 100, now: start + 40 * second)
        #expect(statistics.maximumWait(at: start + 45 * second) == 900)
        #expect(statistics.maximumWait(at: start + 75 * second) == 300)
        #expect(statistics.maximumWait(at: start + 95 * second) == 100)
        #expect(statistics.maximumWait(at: start + 115 * second) == 0)
    }

    @Test func `the maximum agrees with a list of all waits`() {
        var random = SeededGenerator(seed: 6)
        var statistics = LockStatistics()
        var waits: [(at: UInt64, waited: UInt64)] = []
        var now = start
        for _ in 0..<3_000 {
            now += random.next() % (4 * second)
            let waited = random.next() % second
            waits.append((now, waited))
            statistics.recordContended(.read, waited: waited, now: now)
            let recent = waits.suffix(200)
            // Spans of ten seconds leave the end of the window open by that much.
            let certain = recent.filter { now - $0.at <= 50 * second }.map(\.waited).max()!
            let possible = recent.filter { now - $0.at <= 70 * second }.map(\.waited).max()!
            #expect((certain...possible).contains(statistics.maximumWait(at: now)))
        }
    }
}
