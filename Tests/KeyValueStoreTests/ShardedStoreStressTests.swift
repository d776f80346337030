import ByteBuffers
import TestSupport
import Testing

@testable import KeyValueStore

/// Values whose bytes all follow from their first eight, so that a torn or freed one gives itself away.
private enum PatternedValue {
    static func make(_ header: UInt64) -> [UInt8] {
        var pattern = SeededGenerator(seed: header)
        let words = Int(pattern.next() % 24)
        return header.bytes + (0..<words).flatMap { _ in pattern.next().bytes }
    }

    static func isIntact(_ value: SharedBytes) -> Bool {
        value.withBorrowedBytes { bytes in
            guard bytes.count >= 8 else { return false }
            return bytes.withUnsafeBytes { memory in
                var pattern = SeededGenerator(seed: UInt64(littleEndian: memory.loadUnaligned(as: UInt64.self)))
                let words = Int(pattern.next() % 24)
                guard memory.count == 8 + 8 * words else { return false }
                return (1..<(1 + words)).allSatisfy { word in
                    let stored = memory.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)
                    return UInt64(littleEndian: stored) == pattern.next()
                }
            }
        }
    }
}

/// What one thread does to a store, and what it sees.
private struct StressWorker {
    let store: ShardedStore
    let keys: [[UInt8]]
    var random: SeededGenerator
    /// Entries read earlier, which must stay as they were however often their key was written since.
    private var held: [(key: [UInt8], entry: Entry, version: UInt64)] = []
    private var lastVersions: [[UInt8]: UInt64] = [:]
    private(set) var failures: [String] = []
    private(set) var (created, removed) = (0, 0)

    init(store: ShardedStore, keys: [[UInt8]], seed: UInt64) {
        self.store = store
        self.keys = keys
        random = SeededGenerator(seed: seed)
    }

    mutating func step() {
        let key = keys.randomElement(using: &random)!
        switch random.next() % 10 {
        case 0..<3: write(key)
        case 3: if store.remove(key) == .removed { removed += 1 }
        default: read(key)
        }
    }

    private mutating func write(_ key: [UInt8]) {
        let outcome = store.put(makeEntry(key, PatternedValue.make(random.next())))
        if outcome.hasCreated { created += 1 }
        see(outcome.newVersion ?? 0, of: key)
    }

    private mutating func read(_ key: [UInt8]) {
        guard let entry = store.entry(for: key) else { return }
        see(entry.version, of: key)
        held.append((key, entry, entry.version))
        if held.count > 8 { check(held.remove(at: Int(random.next() % 8))) }
    }

    /// One thread never sees a key go back in time.
    private mutating func see(_ version: UInt64, of key: [UInt8]) {
        if version < lastVersions[key] ?? 1 { failures.append("version \(version) after \(lastVersions[key] ?? 1)") }
        lastVersions[key] = version
    }

    private mutating func check(_ item: (key: [UInt8], entry: Entry, version: UInt64)) {
        if !PatternedValue.isIntact(item.entry.value) { failures.append("value of version \(item.version)") }
        if item.entry.version != item.version { failures.append("version \(item.version) has changed") }
        if item.entry.key.array != item.key { failures.append("key of version \(item.version)") }
    }

    mutating func finish() {
        while let item = held.popLast() { check(item) }
    }
}

@Suite struct ShardedStoreStressTests {
    @Test(arguments: [1, 64], [1, 12])
    func `what threads read of few keys is always whole`(shards: Int, keyCount: Int) {
        let store = ShardedStore(shards: shards)
        let keys = (0..<UInt64(keyCount)).map(\.bytes)
        let steps = 2_000 * workScale
        let outcomes = onThreads(4) { index in
            var worker = StressWorker(store: store, keys: keys, seed: UInt64(index))
            for _ in 0..<steps { worker.step() }
            worker.finish()
            return (worker.failures, worker.created - worker.removed)
        }
        #expect(outcomes.flatMap(\.0) == [])
        #expect(store.totalCounts.keys == outcomes.reduce(0) { $0 + $1.1 })
        #expect(store.waiters == 0)
        let bytes = keys.reduce(0) { $0 + (store.entry(for: $1).map { $0.key.count + $0.value.count } ?? 0) }
        #expect(store.totalCounts.payloadBytes == bytes)
    }

    @Test(arguments: [1, 4])
    func `threads that grow and shrink a table together lose nothing`(shards: Int) {
        let store = ShardedStore(shards: shards)
        let perThread = 1_000 * UInt64(workScale)
        let lost = onThreads(4) { index in
            let own = (UInt64(index) * perThread)..<(UInt64(index + 1) * perThread)
            for key in own { _ = store.put(makeEntry(key.bytes, key.bytes)) }
            for key in own where key % 3 == 0 { _ = store.remove(key.bytes) }
            return own.count { (store.entry(for: $0.bytes)?.value.array == $0.bytes) == ($0 % 3 == 0) }
        }
        #expect(lost == [0, 0, 0, 0])
        let all = 0..<(4 * perThread)
        #expect(all.allSatisfy { (store.entry(for: $0.bytes)?.value.array == $0.bytes) == ($0 % 3 != 0) })
        #expect(store.totalCounts.keys == all.count { $0 % 3 != 0 })
    }

    @Test(arguments: [1, 64])
    func `the figures can be read while threads write`(shards: Int) {
        let store = ShardedStore(shards: shards)
        let rounds = 500 * workScale
        let negative = onThreads(3) { index in
            var unsound = 0
            for round in 0..<rounds {
                let key = UInt64(round % 50).bytes
                switch index {
                case 0: _ = store.put(makeEntry(key, [1, 2, 3]))
                case 1: _ = store.remove(key)
                default:
                    let statistics = store.statistics(ofShard: round % shards)
                    let counts = statistics.counts
                    // Each key is 8 bytes and its value 3: whatever the moment, the two counts belong together.
                    if counts.payloadBytes != 11 * counts.keys { unsound += 1 }
                    if statistics.lock.write.waits.count > statistics.lock.write.count { unsound += 1 }
                    if !(0...2).contains(store.waiters) { unsound += 1 }
                }
            }
            return unsound
        }
        #expect(negative == [0, 0, 0])
    }
}
