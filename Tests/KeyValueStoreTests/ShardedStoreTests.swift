import ByteBuffers
import Testing

@testable import KeyValueStore

@Suite struct ShardedStoreTests {
    @Test func `a write says whether the key was there`() {
        let store = ShardedStore(shards: 4)
        let first = store.put(makeEntry([1], [10]))
        let second = store.put(makeEntry([1], [11]))
        #expect(first.hasCreated)
        #expect(second == .replaced(version: second.newVersion!))
        #expect(second.newVersion! > first.newVersion!)
        #expect(store.entry(for: [1])?.value.array == [11])
        #expect(store.entry(for: [1])?.version == second.newVersion)
    }

    @Test func `a removal says whether the key was there`() {
        let store = ShardedStore(shards: 4)
        _ = store.put(makeEntry([1], [10]))
        #expect(store.remove([1]) == .removed)
        #expect(store.remove([1]) == .notFound)
        #expect(store.entry(for: [1]) == nil)
    }

    @Test func `a missing key is not found whatever the condition of its removal`() {
        let store = ShardedStore(shards: 1)
        #expect(store.remove([1], if: WriteCondition(matching: .any)) == .notFound)
        #expect(store.remove([1], if: WriteCondition(notMatching: .any)) == .notFound)
    }

    @Test func `a failed condition names the current version and changes nothing`() {
        let store = ShardedStore(shards: 1)
        let version = store.put(makeEntry([1], [10])).newVersion!
        let refusal = store.put(makeEntry([1], [11]), if: WriteCondition(matching: .versions([version + 1])))
        #expect(refusal == .conditionFailed(current: version))
        #expect(store.put(makeEntry([2]), if: WriteCondition(matching: .any)) == .conditionFailed(current: nil))
        #expect(store.remove([1], if: WriteCondition(notMatching: .any)) == .conditionFailed(current: version))
        #expect(store.entry(for: [1])?.value.array == [10])
        #expect(store.totalCounts.keys == 1)
    }

    @Test func `a version does not come back with the key`() {
        let store = ShardedStore(shards: 1)
        var versions: [UInt64] = []
        for _ in 0..<50 {
            versions.append(store.put(makeEntry([1])).newVersion!)
            versions.append(store.put(makeEntry([1])).newVersion!)
            _ = store.remove([1])
        }
        #expect(zip(versions, versions.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func `spellings of one text, NUL and bytes that are not UTF-8 are keys of their own`() {
        let store = ShardedStore(shards: 64)
        let keys: [[UInt8]] = [
            Array("\u{e9}".utf8), Array("e\u{301}".utf8), [0], [0, 0], [0x61], [0x61, 0], [0, 0x61], [0xff],
            [0xc3, 0x28], Array("a/b".utf8), Array("a//b".utf8), Array("a/b/".utf8),
            [UInt8](repeating: 0xff, count: 1_024),
        ]
        for (position, key) in keys.enumerated() { #expect(store.put(makeEntry(key, [UInt8(position)])).hasCreated) }
        for (position, key) in keys.enumerated() {
            #expect(store.entry(for: key)?.value.array == [UInt8(position)])
            #expect(store.entry(for: key)?.key.array == key)
        }
    }

    @Test func `hits, misses, keys and bytes are counted where the key lives`() {
        let store = ShardedStore(shards: 2)
        _ = store.put(makeEntry([1, 2], [1, 2, 3], attributes: [4, 4]))
        _ = store.put(makeEntry([3], []))
        _ = store.entry(for: [1, 2])
        _ = store.entry(for: [9])
        _ = store.entry(for: [9])
        let counts = store.totalCounts
        #expect(counts.keys == 2)
        #expect(counts.keyBytes == 3)
        #expect(counts.valueBytes == 3)
        #expect(counts.payloadBytes == 6)
        #expect(counts.hits == 1)
        #expect(counts.misses == 2)
    }

    @Test func `keys spread over all shards`() {
        let store = ShardedStore(shards: 64, hash: KeyHash(k0: 5, k1: 6))
        for key in 0..<6_400 as Range<UInt64> { _ = store.put(makeEntry(key.bytes)) }
        let keys = (0..<64).map { store.statistics(ofShard: $0).counts.keys }
        #expect(keys.reduce(0, +) == 6_400)
        #expect(keys.allSatisfy { (50...160).contains($0) })
    }

    @Test(arguments: [1, 2, 1_024, 65_536])
    func `every power of two up to 65,536 is a number of shards`(shards: Int) {
        let store = ShardedStore(shards: shards)
        for key in 0..<100 as Range<UInt64> { _ = store.put(makeEntry(key.bytes, [1])) }
        #expect(store.shardCount == shards)
        #expect((0..<100 as Range<UInt64>).allSatisfy { store.entry(for: $0.bytes) != nil })
        #expect(store.waiters == 0)
    }

    @Test func `other numbers of shards trap`() async {
        await #expect(processExitsWith: .failure) { _ = ShardedStore(shards: 0) }
        await #expect(processExitsWith: .failure) { _ = ShardedStore(shards: -2) }
        await #expect(processExitsWith: .failure) { _ = ShardedStore(shards: 3) }
        await #expect(processExitsWith: .failure) { _ = ShardedStore(shards: 131_072) }
    }

    @Test func `statistics of a shard that is not there trap`() async {
        await #expect(processExitsWith: .failure) { _ = ShardedStore(shards: 2).statistics(ofShard: 2) }
        await #expect(processExitsWith: .failure) { _ = ShardedStore(shards: 2).statistics(ofShard: -1) }
    }

    @Test func `the payload is the bytes of all keys and values in all shards`() {
        let store = ShardedStore(shards: 8)
        #expect(store.payloadBytes == 0)
        for number in 0..<100 as Range<UInt8> {
            _ = store.put(makeEntry([number, 1], [UInt8](repeating: 0, count: 10), attributes: [2]))
        }
        #expect(store.payloadBytes == 1_200)
        _ = store.put(makeEntry([0, 1]))
        _ = borrowing([1, 1]) { store.remove($0) }
        #expect(store.payloadBytes == 1_200 - 10 - 12)
    }
}
