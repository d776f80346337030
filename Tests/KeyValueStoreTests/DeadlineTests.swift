import ByteBuffers
import Testing

@testable import KeyValueStore

@Suite struct DeadlineTests {
    @Test func `an entry is there until its deadline, and missing from then on`() {
        let hand = HandClock()
        let store = ShardedStore(shards: 2, clock: hand.clock)
        _ = store.put(makeEntry([1], [9], deadline: hand.now + 10))
        hand.advance(by: 9)
        #expect(store.entry(for: [1])?.value.array == [9])
        hand.advance(by: 1)
        #expect(store.entry(for: [1]) == nil)
        #expect(store.remove([1]) == .notFound)
        #expect(store.put(makeEntry([1]), if: WriteCondition(matching: .any)) == .conditionFailed(current: nil))
        #expect(store.put(makeEntry([1], [8]), if: WriteCondition(notMatching: .any)).hasCreated)
        #expect(store.entry(for: [1])?.value.array == [8])
        #expect(store.totalCounts.expired == 1)
    }

    @Test func `a sweep frees what has expired and nothing else`() {
        let hand = HandClock()
        let store = ShardedStore(shards: 4, clock: hand.clock)
        var weak: [WeakEntry] = []
        for key in 0..<5_000 as Range<UInt64> {
            let deadline = key % 3 == 0 ? nil : hand.now + 1 + key % 100
            let entry = makeEntry(key.bytes, deadline: deadline)
            if deadline != nil { weak.append(WeakEntry(entry)) }
            _ = store.put(entry)
        }
        let kept = store.totalCounts.keys - weak.count
        #expect(store.sweep().removedCount == 0)
        var removed = 0
        for _ in 0..<100 {
            hand.advance(by: 1)
            removed += store.sweep().removedCount
        }
        #expect(removed == weak.count)
        #expect(weak.allSatisfy { $0.isFreed })
        #expect(store.totalCounts.keys == kept)
        #expect(store.totalCounts.keyBytes == kept * 8)
    }

    @Test func `a deadline can be moved to earlier, to later and away`() {
        let hand = HandClock()
        let store = ShardedStore(shards: 1, clock: hand.clock)
        for (key, move) in [([1], 5), ([2], 500), ([3], Entry.never)] as [([UInt8], UInt64)] {
            _ = store.put(makeEntry(key, deadline: hand.now + 50))
            let deadline = move == Entry.never ? move : hand.now + move
            let outcome = borrowing(key) { store.moveDeadline(of: $0, to: deadline) }
            guard case .moved(let entry) = outcome else { return #expect(Bool(false), "\(outcome)") }
            #expect(entry.deadline == deadline)
        }
        hand.advance(by: 5)
        #expect(store.sweep().removedCount == 1)
        #expect(store.entry(for: [1]) == nil)
        hand.advance(by: 495)
        #expect(store.sweep().removedCount == 1)
        #expect(store.entry(for: [2]) == nil)
        hand.advance(by: 1 << 60)
        #expect(store.sweep().removedCount == 0)
        #expect(store.entry(for: [3]) != nil)
    }

    @Test func `an entry without room for a deadline gets one, and readers keep what they have`() {
        let hand = HandClock()
        let store = ShardedStore(shards: 1, clock: hand.clock)
        _ = store.put(makeEntry([1], [2, 3], attributes: [4]))
        let before = store.entry(for: [1])
        _ = borrowing([1]) { store.moveDeadline(of: $0, to: hand.now + 10) }
        let after = store.entry(for: [1])
        #expect(after?.version == before?.version)
        #expect(after?.value.array == [2, 3] && after?.attributes.array == [4])
        #expect(before?.deadline == Entry.never && before?.value.array == [2, 3])
        hand.advance(by: 10)
        #expect(store.entry(for: [1]) == nil)
        #expect(store.sweep().removedCount == 1)
    }

    @Test func `a write keeps the deadline where it is asked to, and clears it where not`() {
        let hand = HandClock()
        let store = ShardedStore(shards: 1, clock: hand.clock)
        _ = store.put(makeEntry([1], deadline: hand.now + 10))
        _ = store.put(makeEntry([1], deadline: Entry.never), keepsDeadline: true)
        #expect(store.entry(for: [1])?.deadline == hand.now + 10)
        _ = store.put(makeEntry([1]))
        #expect(store.entry(for: [1])?.deadline == Entry.never)
        _ = store.put(makeEntry([2], deadline: Entry.never), keepsDeadline: true)
        #expect(store.entry(for: [2])?.deadline == Entry.never)
    }

    @Test func `entries that expire together are swept in steps, and the lock is free in between`() {
        let hand = HandClock()
        let store = ShardedStore(shards: 1, hash: KeyHash(k0: 1, k1: 2), clock: hand.clock)
        for key in 0..<50_000 as Range<UInt64> { _ = store.put(makeEntry(key.bytes, deadline: hand.now + 1)) }
        hand.advance(by: 1)
        let result = store.sweep()
        #expect(result.removedCount == 50_000)
        #expect(result.stepCount >= (50_000 + Segment.maximumCount - 1) / Segment.maximumCount)
        #expect(result.longestHold > 0)
        #expect(store.totalCounts.keys == 0)
        #expect(store.put(makeEntry([1], deadline: hand.now + 1)).hasCreated)
        hand.advance(by: 1)
        #expect(store.sweep().removedCount == 1)
    }

    @Test func `an entry is overdue for no longer than until the next sweep, however the table grows`() {
        let hand = HandClock()
        let store = ShardedStore(shards: 1, hash: KeyHash(k0: 3, k1: 4), clock: hand.clock)
        // Written before many splits, and due while the segments around it are not.
        _ = store.put(makeEntry([0xff], deadline: hand.now + 5))
        for key in 0..<20_000 as Range<UInt64> { _ = store.put(makeEntry(key.bytes, deadline: hand.now + 1_000 + key)) }
        hand.advance(by: 5)
        #expect(store.sweep().removedCount == 1)
        #expect(store.sweep().removedCount == 0)
        hand.advance(by: 995)
        #expect(store.sweep().removedCount == 1)
    }
}
