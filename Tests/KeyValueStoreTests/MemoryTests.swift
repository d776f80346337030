import ByteBuffers
import TestSupport
import Testing

@testable import KeyValueStore

/// What the store knows of the memory that it takes, and how it keeps to its limit.
@Suite struct MemoryTests {
    private static func memory(of store: ShardedStore) -> Int {
        (0..<store.shardCount).reduce(0) { $0 + store.statistics(ofShard: $1).counts.memoryBytes }
    }

    private static func entry(_ key: String, _ value: String, deadline: UInt64? = nil) -> Entry {
        makeEntry(Array(key.utf8), Array(value.utf8), deadline: deadline)
    }

    @Test(arguments: [0, 1, 7, 8, 100, 1000, 5000, 100_000])
    func `an entry's memory is what the allocator gave it`(count: Int) throws {
        let entry = Self.entry("key", String(repeating: "v", count: count))
        // Swift asks `malloc_usable_size(3)`, and takes its own header of 16 bytes off.
        let given = entry.storage.capacity + 16 + 8
        // The allocator may hand out a larger block that it had, by what is too little for one of its own. A sanitizer's has
        // just what was asked for.
        let least = isSanitized ? -15 : 0
        #expect(
            (least...16).contains(given - entry.memory.allocatedCount), "\(given) for \(entry.memory.allocatedCount)")
    }

    @Test func `memory comes and goes with the entries`() {
        let store = ShardedStore(shards: 4)
        let empty = Self.memory(of: store)
        for number in 0..<100 { _ = store.put(Self.entry("k\(number)", String(repeating: "v", count: 1000))) }
        let full = Self.memory(of: store)
        #expect((full - empty) / 100 >= 1000 + 3 && (full - empty) / 100 < 1000 + 100)
        for number in 0..<100 { _ = store.put(Self.entry("k\(number)", String(repeating: "v", count: 1000))) }
        #expect(Self.memory(of: store) == full)
        for number in 0..<100 { _ = store.remove(Array("k\(number)".utf8)) }
        #expect(Self.memory(of: store) == empty)
    }

    @Test func `a table that has grown is counted`() {
        let store = ShardedStore(shards: 1)
        let sample = Self.entry("k1000", "")
        let entry = withExtendedLifetime(sample) { sample.memory.allocatedCount }
        for number in 1000..<2000 { _ = store.put(Self.entry("k\(number)", "")) }
        let tables = Self.memory(of: store) - 1000 * entry
        #expect(tables >= 3 * Segment.allocatedCount && tables < 10 * Segment.allocatedCount)
    }

    @Test func `a full store takes no new entry, but others in the place of those it has`() {
        let limit = 4 << 20
        let store = ShardedStore(shards: 4, maximumMemory: limit)
        let value = String(repeating: "v", count: 1000)
        var count = 0
        while store.put(Self.entry("k\(count)", value)).hasCreated, count < 10_000 { count += 1 }
        #expect(store.put(Self.entry("more", value)) == .full)
        #expect(Self.memory(of: store) <= limit + 4 * MemoryBudget.largestStep)
        #expect(Self.memory(of: store) > limit * 9 / 10)
        #expect(store.put(Self.entry("k0", value)).newVersion != nil)
        #expect(store.put(Self.entry("k0", "less")).newVersion != nil)
        #expect(store.put(Self.entry("k0", value + value)) == .full)
        #expect(store.entry(for: Array("k0".utf8))?.value.count == 4)
        for number in 0..<count / 2 { _ = store.remove(Array("k\(number)".utf8)) }
        #expect(store.put(Self.entry("more", value)).hasCreated)
    }

    @Test func `what expires makes room`() {
        let clock = HandClock()
        let store = ShardedStore(shards: 1, maximumMemory: 1 << 20, clock: clock.clock)
        var count = 0
        while store.put(Self.entry("k\(count)", String(repeating: "v", count: 1000), deadline: 2_000)).hasCreated {
            count += 1
        }
        #expect(count > 500)
        clock.advance(by: 2_000)
        #expect(store.sweep().removedCount == count)
        #expect(store.put(Self.entry("more", String(repeating: "v", count: 1000))).hasCreated)
    }

    @Test func `a split that brings room for another directory adds no segment, and is not counted`() {
        var table = Table()
        var stale = Table.Room(directoryDepth: 5)
        let isStaleUsed = table.split(segmentOf: 0, by: KeyHash(), room: &stale)
        #expect(!isStaleUsed)
        var room = Table.Room(directoryDepth: table.directoryDepth)
        let isUsed = table.split(segmentOf: 0, by: KeyHash(), room: &room)
        #expect(isUsed)
    }
}
