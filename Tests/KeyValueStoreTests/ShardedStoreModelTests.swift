import ByteBuffers
import TestSupport
import Testing

@testable import KeyValueStore

/// One run of the model test. Its description is in the test's output: with that seed, the same steps come again.
struct ModelRun: Sendable, CustomTestStringConvertible {
    let shards: Int
    let isLarge: Bool
    let seed: UInt64

    var testDescription: String { "\(shards) shards, \(isLarge ? "many keys" : "few keys"), seed \(seed)" }

    static let all = [1, 2, 64].flatMap { shards in
        [false, true].flatMap { isLarge in
            [1, UInt64.random(in: 2 ... .max)].map { ModelRun(shards: shards, isLarge: isLarge, seed: $0) }
        }
    }
}

/// A store and a dictionary that should be the same, and how they are compared step by step.
private struct ModelledStore {
    private struct Item {
        var version: UInt64
        var value: [UInt8]
        var attributes: [UInt8]
        var deadline: UInt64
    }

    private let store: ShardedStore
    private let hand = HandClock()
    private let keys: [[UInt8]]
    private var random: SeededGenerator
    /// What was written and not removed; what has expired too, until it is swept.
    private var items: [[UInt8]: Item] = [:]
    private var lastVersions: [[UInt8]: UInt64] = [:]
    private var (hits, misses, writes, expired) = (0, 0, 0, 0)
    /// What was seen to differ.
    private(set) var differences: [String] = []

    init(_ run: ModelRun) {
        store = ShardedStore(shards: run.shards, hash: KeyHash(k0: run.seed, k1: ~run.seed), clock: hand.clock)
        random = SeededGenerator(seed: run.seed)
        var keys: [[UInt8]] = [[0], [0, 0], [0xff], [0xc3, 0x28], Array("\u{e9}".utf8), Array("e\u{301}".utf8)]
        for _ in 0..<(run.isLarge ? 4_000 : 6) { keys.append(random.bytes(Int.random(in: 1...24, using: &random))) }
        self.keys = Array(Set(keys)).sorted { $0.lexicographicallyPrecedes($1) }
    }

    private mutating func expect(_ isSo: Bool, _ what: @autoclosure () -> String) {
        if !isSo, differences.count < 10 { differences.append(what()) }
    }

    mutating func step(_ number: Int) {
        let key = keys.randomElement(using: &random)!
        switch random.next() % 12 {
        case 0..<4: put(key, number)
        case 4..<6: remove(key, number)
        case 6: moveDeadline(key, number)
        case 7: hand.advance(by: random.next() % 20)
        default: get(key, number)
        }
        if random.next() % 500 == 0 { sweep(number) }
    }

    private func item(for key: [UInt8]) -> Item? { items[key].flatMap { $0.deadline > hand.now ? $0 : nil } }

    private mutating func get(_ key: [UInt8], _ step: Int) {
        let entry = store.entry(for: key)
        let item = item(for: key)
        if item == nil { misses += 1 } else { hits += 1 }
        expect(entry?.value.array == item?.value, "value read in step \(step)")
        expect(entry?.version == item?.version, "version read in step \(step)")
        expect(entry?.attributes.array == item?.attributes, "attributes read in step \(step)")
        expect(entry?.deadline == item?.deadline, "deadline read in step \(step)")
        expect(entry == nil || entry?.key.array == key, "key read in step \(step)")
    }

    private mutating func randomDeadline() -> UInt64 {
        random.next() % 4 == 0 ? Entry.never : hand.now + random.next() % 3_000
    }

    private mutating func put(_ key: [UInt8], _ step: Int) {
        let size = random.next() % 50 == 0 ? 5_000 : Int.random(in: 0...64, using: &random)
        let value = [UInt8](repeating: UInt8(truncatingIfNeeded: step), count: size)
        let attributes = Bool.random(using: &random) ? [] : random.bytes(Int.random(in: 1...20, using: &random))
        let deadline = Bool.random(using: &random) ? randomDeadline() : nil
        let keepsDeadline = deadline != nil && Bool.random(using: &random)
        let condition = randomCondition(for: key)
        let current = item(for: key)
        let outcome = store.put(
            makeEntry(key, value, attributes: attributes, deadline: deadline), if: condition,
            keepsDeadline: keepsDeadline)
        writes += 1
        guard holds(condition, for: current?.version) else {
            return expect(outcome == .conditionFailed(current: current?.version), "\(outcome) in step \(step)")
        }
        guard let version = outcome.newVersion else { return expect(false, "\(outcome) in step \(step)") }
        expect(outcome.hasCreated == (current == nil), "\(outcome) in step \(step)")
        expect(version > lastVersions[key] ?? 0, "version \(version) in step \(step)")
        lastVersions[key] = version
        if current == nil, items[key] != nil { expired += 1 }
        let kept = keepsDeadline ? current?.deadline : nil
        items[key] = Item(
            version: version, value: value, attributes: attributes, deadline: kept ?? deadline ?? Entry.never)
    }

    private mutating func remove(_ key: [UInt8], _ step: Int) {
        let condition = randomCondition(for: key)
        let outcome = store.remove(key, if: condition)
        writes += 1
        if let current = item(for: key)?.version {
            let holds = holds(condition, for: current)
            expect(outcome == (holds ? .removed : .conditionFailed(current: current)), "\(outcome) in step \(step)")
            if holds { items[key] = nil }
        } else {
            expect(outcome == .notFound, "\(outcome) in step \(step)")
        }
    }

    private mutating func moveDeadline(_ key: [UInt8], _ step: Int) {
        let condition = randomCondition(for: key)
        let deadline = randomDeadline()
        let outcome = borrowing(key) { store.moveDeadline(of: $0, to: deadline, if: condition) }
        writes += 1
        switch (outcome, item(for: key)) {
        case (.moved(let entry), let item?):
            expect(holds(condition, for: item.version) && entry.version == item.version, "moved in step \(step)")
            items[key]?.deadline = deadline
        case (.conditionFailed(let current), let item?):
            expect(current == item.version && !holds(condition, for: current), "condition in step \(step)")
        case (.notFound, nil): break
        default: expect(false, "\(outcome) in step \(step)")
        }
    }

    private mutating func sweep(_ step: Int) {
        let now = hand.now
        let due = items.filter { $0.value.deadline <= now }
        let result = store.sweep()
        expect(result.removedCount == due.count, "\(result.removedCount) swept in step \(step)")
        expired += due.count
        for key in due.keys { items[key] = nil }
        compareCounts(step)
    }

    /// A walk in steps comes to every key once, and to no other.
    mutating func compareWalk(_ step: Int) {
        var position: ShardedStore.WalkPosition? = .init()
        var walked: [[UInt8]] = []
        while position != nil { walked += store.nextEntries(from: &position).map(\.entry.key.array) }
        let live = Set(items.keys.filter { item(for: $0) != nil })
        expect(walked.count == live.count && Set(walked) == live, "walk after step \(step)")
    }

    private mutating func randomCondition(for key: [UInt8]) -> WriteCondition? {
        switch random.next() % 8 {
        case 0: WriteCondition(matching: randomVersions(for: key))
        case 1: WriteCondition(notMatching: randomVersions(for: key))
        case 2: WriteCondition(matching: randomVersions(for: key), notMatching: randomVersions(for: key))
        default: nil
        }
    }

    /// Any, none, the present version, one that is past, or one that never was.
    private mutating func randomVersions(for key: [UInt8]) -> VersionSet {
        switch random.next() % 5 {
        case 0: .any
        case 1: .versions([])
        case 2: .versions([random.next(), lastVersions[key] ?? 0])
        case 3: .versions([(lastVersions[key] ?? 1) &- 1])
        default: .versions([random.next()])
        }
    }

    private func holds(_ condition: WriteCondition?, for current: UInt64?) -> Bool {
        func names(_ versions: VersionSet) -> Bool {
            switch versions {
            case .any: current != nil
            case .versions(let list): list.contains { $0 == current }
            }
        }
        if let matching = condition?.matching, !names(matching) { return false }
        if let notMatching = condition?.notMatching, names(notMatching) { return false }
        return true
    }

    mutating func compareCounts(_ step: Int) {
        let counts = store.totalCounts
        expect(counts.keys == items.count, "\(counts.keys) keys after step \(step)")
        expect(counts.keyBytes == items.reduce(0) { $0 + $1.key.count }, "\(counts) after step \(step)")
        expect(counts.valueBytes == items.reduce(0) { $0 + $1.value.value.count }, "\(counts) after step \(step)")
        expect(counts.hits == hits && counts.misses == misses, "\(counts) after step \(step)")
        let locks = (0..<store.shardCount).map { store.statistics(ofShard: $0).lock }
        expect(locks.reduce(0) { $0 + $1.read.count } == hits + misses, "read acquisitions after step \(step)")
        expect(locks.reduce(0) { $0 + $1.write.count } >= writes, "write acquisitions after step \(step)")
        expect(counts.expired == expired, "\(counts) after step \(step)")
        expect(locks.allSatisfy { $0.read.waits.count + $0.write.waits.count == 0 }, "contention")
    }

    mutating func compareAll(_ step: Int) {
        for key in keys { get(key, step) }
        compareWalk(step)
        compareCounts(step)
    }

    mutating func removeAll(_ step: Int) {
        sweep(step)
        for key in keys {
            writes += 1
            expect(store.remove(key) == (items.removeValue(forKey: key) == nil ? .notFound : .removed), "last removal")
        }
        compareAll(step)
    }
}

@Suite struct ShardedStoreModelTests {
    @Test(arguments: ModelRun.all)
    func `random operations have the outcomes that a dictionary gives`(run: ModelRun) {
        var model = ModelledStore(run)
        let steps = (run.isLarge ? 8_000 : 4_000) * workScale
        for step in 0..<steps {
            model.step(step)
            if step % 1_000 == 0 { model.compareWalk(step) }
        }
        model.compareAll(steps)
        model.removeAll(steps + 1)
        #expect(model.differences.isEmpty, "seed \(run.seed)")
    }
}
