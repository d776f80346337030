import ByteBuffers
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
        var contentType: [UInt8]?
    }

    private let store: ShardedStore
    private let keys: [[UInt8]]
    private var random: SeededGenerator
    private var items: [[UInt8]: Item] = [:]
    private var lastVersions: [[UInt8]: UInt64] = [:]
    private var (hits, misses, writes) = (0, 0, 0)
    /// What was seen to differ.
    private(set) var differences: [String] = []

    init(_ run: ModelRun) {
        store = ShardedStore(shards: run.shards, hash: KeyHash(k0: run.seed, k1: ~run.seed))
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
        switch random.next() % 10 {
        case 0..<4: put(key, number)
        case 4..<6: remove(key, number)
        default: get(key, number)
        }
    }

    private mutating func get(_ key: [UInt8], _ step: Int) {
        let entry = store.entry(for: key)
        let item = items[key]
        if item == nil { misses += 1 } else { hits += 1 }
        expect(entry?.value.array == item?.value, "value read in step \(step)")
        expect(entry?.version == item?.version, "version read in step \(step)")
        expect(entry?.contentType?.array == item?.contentType, "content type read in step \(step)")
        expect(entry == nil || entry?.key.array == key, "key read in step \(step)")
    }

    private mutating func put(_ key: [UInt8], _ step: Int) {
        let size = random.next() % 50 == 0 ? 5_000 : Int.random(in: 0...64, using: &random)
        let value = [UInt8](repeating: UInt8(truncatingIfNeeded: step), count: size)
        let type = Bool.random(using: &random) ? nil : random.bytes(Int.random(in: 1...20, using: &random))
        let condition = randomCondition(for: key)
        let current = items[key]?.version
        let outcome = store.put(makeEntry(key, value, contentType: type), if: condition)
        writes += 1
        guard holds(condition, for: current) else {
            return expect(outcome == .conditionFailed(current: current), "\(outcome) in step \(step)")
        }
        guard let version = outcome.newVersion else { return expect(false, "\(outcome) in step \(step)") }
        expect(outcome.hasCreated == (current == nil), "\(outcome) in step \(step)")
        expect(version > lastVersions[key] ?? 0, "version \(version) in step \(step)")
        lastVersions[key] = version
        items[key] = Item(version: version, value: value, contentType: type)
    }

    private mutating func remove(_ key: [UInt8], _ step: Int) {
        let condition = randomCondition(for: key)
        let outcome = store.remove(key, if: condition)
        writes += 1
        if let current = items[key]?.version {
            let holds = holds(condition, for: current)
            expect(outcome == (holds ? .removed : .conditionFailed(current: current)), "\(outcome) in step \(step)")
            if holds { items[key] = nil }
        } else {
            expect(outcome == .notFound, "\(outcome) in step \(step)")
        }
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
        expect(locks.allSatisfy { $0.read.contendedCount + $0.write.contendedCount == 0 }, "contention")
    }

    mutating func compareAll(_ step: Int) {
        for key in keys { get(key, step) }
        compareCounts(step)
    }

    mutating func removeAll(_ step: Int) {
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
            if step % 1_000 == 0 { model.compareCounts(step) }
        }
        model.compareAll(steps)
        model.removeAll(steps + 1)
        #expect(model.differences.isEmpty, "seed \(run.seed)")
    }
}
