import ByteBuffers
import TestSupport
import Testing

@testable import KeyValueStore

/// What a full store still has room for: entries that grow by little.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct ReserveTests {
    private static let limit = 128 << 10

    private static func fullStore(
        valueCount: Int, shards: Int = 1, eviction: EvictionPolicy = .none, clock: StoreClock = .monotonic
    ) -> (store: ShardedStore, count: Int) {
        let store = ShardedStore(shards: shards, maximumMemory: limit, eviction: eviction, clock: clock)
        var count = 0
        while count < 4_000, store.put(entry(count, valueCount)) != .full { count += 1 }
        return (store, count)
    }

    private static func key(_ number: Int) -> [UInt8] { Array("key-\(number)".utf8) }

    private static func entry(_ number: Int, _ valueCount: Int) -> Entry {
        makeEntry(key(number), Array(repeating: 1, count: valueCount))
    }

    /// What `append` does: the value with `count` bytes more, as long as its key has one.
    private static func append(_ count: Int, to number: Int, in store: ShardedStore) -> ShardedStore.UpdateOutcome {
        borrowing(key(number)) { key in
            store.update(key, if: WriteCondition(matching: .any), keepsDeadline: true) { current in
                let size = (current?.value.count ?? 0) + count
                return makeEntry(
                    self.key(number), Array(repeating: 2, count: size),
                    deadline: current?.hasDeadline == true ? Entry.never : nil)
            }
        }
    }

    private static func touch(_ number: Int, in store: ShardedStore, _ deadline: UInt64 = .max - 1) -> Bool? {
        switch borrowing(key(number), { store.moveDeadline(of: $0, to: deadline) }) {
        case .moved: true
        case .full: false
        default: nil
        }
    }

    private static func memory(of store: ShardedStore) -> Int {
        (0..<store.shardCount).reduce(store.pinnedBytes) { $0 + store.statistics(ofShard: $1).counts.memoryBytes }
    }

    @Test(arguments: Array(1...200) + [255, 256, 500, 1000, 4096, 8000], [EvictionPolicy.none, .s3FIFO])
    func `in a full store entries of every size are touched and grow by little`(
        valueCount: Int, eviction: EvictionPolicy
    ) throws {
        let (store, count) = Self.fullStore(valueCount: valueCount, eviction: eviction)
        if eviction == .none { #expect(store.put(Self.entry(count, valueCount)) == .full) }
        let present = (0..<count).filter { store.entry(for: Self.key($0)) != nil }.suffix(30)
        for number in present {
            // With eviction another may have gone for the one before it.
            guard store.entry(for: Self.key(number)) != nil else { continue }
            #expect(store.put(Self.entry(number, valueCount)).newVersion != nil)
            #expect(store.put(Self.entry(number, valueCount + 1)).newVersion != nil)
            if case .full = Self.append(1, to: number, in: store) { Issue.record("no byte is appended to \(number)") }
            #expect(Self.touch(number, in: store) != false)
            if case .full = Self.append(16, to: number, in: store) { Issue.record("a line is not appended") }
        }
        #expect(Self.memory(of: store) <= Self.limit + Self.limit / 16 + Self.limit / 32)
    }

    @Test func `the reserve ends, and what is removed gives it back`() {
        let (store, count) = Self.fullStore(valueCount: 112)
        var appended = 0
        var number = 0
        while case .replaced = Self.append(16, to: number, in: store) {
            appended += 16
            number = (number + 1) % 50
        }
        #expect(appended >= Self.limit / 16 - Self.limit / 32)
        #expect(appended <= Self.limit / 16 + Self.limit / 32 + 2_000)
        #expect(store.put(Self.entry(count, 1)) == .full)
        // Its entry is just as long as the allocator gives, and a deadline takes 8 bytes.
        #expect(Self.touch(70, in: store) == false)
        // What takes no more goes on.
        #expect(store.put(Self.entry(60, 100)).newVersion != nil)
        #expect(store.put(Self.entry(61, 10)).newVersion != nil)
        for number in count - 100..<count { _ = borrowing(Self.key(number)) { store.remove($0) } }
        if case .full = Self.append(16, to: 0, in: store) { Issue.record("the reserve is not given back") }
        #expect(Self.touch(70, in: store) == true)
    }

    @Test func `what grows by much at once does not use the reserve`() {
        let (store, _) = Self.fullStore(valueCount: 1000)
        #expect(store.put(Self.entry(0, 1000 + MemoryBudget.littleGrowth - 16)).newVersion != nil)
        #expect(store.put(Self.entry(1, 1000 + MemoryBudget.littleGrowth + 16)) == .full)
    }

    @Test(arguments: seeds, [EvictionPolicy.none, .s3FIFO])
    func `whatever clients do, the store stays within its limit and the reserve`(
        seed: UInt64, eviction: EvictionPolicy
    ) {
        var random = SeededGenerator(seed: seed)
        let clock = HandClock()
        let shards = [1, 4].randomElement(using: &random)!
        let (store, count) = Self.fullStore(valueCount: 60, shards: shards, eviction: eviction, clock: clock.clock)
        // Readers that keep what they have read.
        var readers: [Entry] = []
        var refused = 0
        for _ in 0..<6_000 {
            let number = Int.random(in: 0..<count + 20, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0: if store.put(Self.entry(number, .random(in: 0...400, using: &random))) == .full { refused += 1 }
            case 1: if store.put(Self.entry(number, 60)) == .full { refused += 1 }
            case 2...5:
                let outcome = Self.append(.random(in: 1...64, using: &random), to: number, in: store)
                if case .full = outcome { refused += 1 }
            case 6...7: if Self.touch(number, in: store, clock.now + 1_000_000) == false { refused += 1 }
            case 8:
                if readers.count > 20 { readers.removeAll() }
                if let entry = store.entry(for: Self.key(number)) { readers.append(entry) }
            default:
                if Int.random(in: 0..<20, using: &random) == 0 { _ = borrowing(Self.key(number)) { store.remove($0) } }
            }
            let most = Self.limit + Self.limit / 8 + Self.limit / 32
            guard Self.memory(of: store) <= most else {
                Issue.record("\(Self.memory(of: store)) bytes in use, of at most \(most)")
                return
            }
        }
        readers.removeAll()
        if eviction == .none {
            #expect(refused > 0)
            #expect(Self.memory(of: store) <= Self.limit + Self.limit / 16 + Self.limit / 32)
        }
    }

    @Test func `a deadline that comes between the look and the write of an update is kept`() {
        let clock = HandClock()
        let store = ShardedStore(shards: 1, clock: clock.clock)
        _ = store.put(Self.entry(0, 1))
        var made = 0
        let outcome = borrowing(Self.key(0)) { key in
            store.update(key, if: nil, keepsDeadline: true) { current in
                made += 1
                if made == 1 { #expect(Self.touch(0, in: store, clock.now + 5) == true) }
                return makeEntry(Self.key(0), [9], deadline: current?.hasDeadline == true ? Entry.never : nil)
            }
        }
        #expect(made == 2)
        guard case .replaced(let entry) = outcome else { return #expect(Bool(false), "\(outcome)") }
        #expect(entry.deadline == clock.now + 5)
        clock.advance(by: 5)
        #expect(store.entry(for: Self.key(0)) == nil)
    }
}
