import ByteBuffers
import Synchronization
import Testing

@testable import KeyValueStore

/// Counts what it is told.
private final class CountingWatcher: KeyWatcher {
    private let changes = Atomic<Int>(0)
    var count: Int { changes.load(ordering: .relaxed) }
    func keyChanged() { changes.add(1, ordering: .relaxed) }
}

@Suite struct WatchTests {
    private func watch(_ store: ShardedStore, _ key: [UInt8], _ watcher: any KeyWatcher) {
        borrowing(key) { store.watch($0, watcher) }
    }

    @Test func `a watcher is told of writes, removals, moved deadlines and sweeps of its key alone`() {
        let hand = HandClock()
        let store = ShardedStore(shards: 1, clock: hand.clock)
        let (watcher, other) = (CountingWatcher(), CountingWatcher())
        watch(store, [1], watcher)
        watch(store, [2], other)
        _ = store.put(makeEntry([1]))
        #expect(watcher.count == 1)
        _ = store.put(makeEntry([1]), if: WriteCondition(notMatching: .any))
        #expect(watcher.count == 1)
        _ = store.remove([1])
        #expect(watcher.count == 2)
        _ = store.remove([1])
        #expect(watcher.count == 2)
        _ = store.put(makeEntry([1]))
        _ = borrowing([1]) { store.moveDeadline(of: $0, to: hand.now + 1) }
        #expect(watcher.count == 4)
        hand.advance(by: 1)
        _ = store.sweep()
        #expect(watcher.count == 5)
        #expect(other.count == 0)
        borrowing([1]) { store.unwatch($0, watcher) }
        _ = store.put(makeEntry([1]))
        #expect(watcher.count == 5)
    }

    @Test func `several watch one key, and each ends by itself`() {
        let store = ShardedStore(shards: 1)
        let watchers = (0..<10).map { _ in CountingWatcher() }
        for watcher in watchers { watch(store, [1], watcher) }
        borrowing([1]) { store.unwatch($0, watchers[3]) }
        borrowing([1]) { store.unwatch($0, watchers[3]) }
        _ = store.put(makeEntry([1]))
        #expect(watchers.map(\.count) == (0..<10).map { $0 == 3 ? 0 : 1 })
    }

    /// Whoever adds itself and then looks must either see the write or be told of it.
    @Test func `no change is missed between watching and looking`() {
        let store = ShardedStore(shards: 1)
        let rounds = 3_000 * workScale
        let watchers = (0..<rounds).map { _ in CountingWatcher() }
        let round = Atomic<Int>(0)
        let seen = onThreads(2) { thread in
            (0..<rounds).map { number in
                // Both begin a round together.
                round.add(1, ordering: .acquiringAndReleasing)
                while round.load(ordering: .acquiring) < 2 * (number + 1) {}
                let key = UInt64(number).bytes
                if thread == 0 { return store.put(makeEntry(key)).hasCreated }
                watch(store, key, watchers[number])
                return store.entry(for: key) != nil
            }
        }
        #expect((0..<rounds).allSatisfy { seen[1][$0] || watchers[$0].count > 0 })
    }

    @Test func `only a version that may still come or is there may hold`() {
        let store = ShardedStore(shards: 1)
        guard let first = store.put(makeEntry([1])).newVersion, let second = store.put(makeEntry([1])).newVersion else {
            return #expect(Bool(false))
        }
        func mayHold(_ condition: WriteCondition, _ key: [UInt8] = [1]) -> Bool {
            borrowing(key) { store.mayHold(condition, for: $0).mayHold }
        }
        #expect(mayHold(WriteCondition(matching: .versions([second]))))
        #expect(mayHold(WriteCondition(matching: .versions([second + 5]))))
        #expect(mayHold(WriteCondition(matching: .any)))
        #expect(mayHold(WriteCondition(notMatching: .any)))
        #expect(!mayHold(WriteCondition(matching: .versions([first]))))
        #expect(!mayHold(WriteCondition(matching: .versions([]))))
        #expect(!mayHold(WriteCondition(matching: .versions([second])), [2]))
    }
}
