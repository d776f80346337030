import ByteBuffers
import Testing

@testable import KeyValueStore

@Suite struct ShardedStoreAtomicityTests {
    @Test(arguments: [1, 64])
    func `of a hundred concurrent creators of a key exactly one succeeds`(shards: Int) {
        let store = ShardedStore(shards: shards)
        let keys = (0..<20 as Range<UInt64>).map(\.bytes)
        let outcomes = onThreads(100) { index in
            keys.map { store.put(makeEntry($0, [UInt8(index)]), if: WriteCondition(notMatching: .any)) }
        }
        for (position, key) in keys.enumerated() {
            let ofKey = outcomes.map { $0[position] }
            let creators = ofKey.indices.filter { ofKey[$0].hasCreated }
            #expect(creators.count == 1)
            let version = creators.first.flatMap { ofKey[$0].newVersion }
            #expect(ofKey.count { $0 == .conditionFailed(current: version) } == 99)
            #expect(store.entry(for: key)?.version == version)
            #expect(store.entry(for: key)?.value.array == creators.map { UInt8($0) })
        }
    }

    @Test(arguments: [1, 64])
    func `increments by compare-and-swap add up exactly`(shards: Int) {
        let store = ShardedStore(shards: shards)
        let key: [UInt8] = [0x6e]
        _ = store.put(makeEntry(key, UInt64(0).bytes))
        let rounds = 50 * workScale
        let retries = onThreads(16) { _ in
            var retries = 0
            for _ in 0..<rounds {
                while true {
                    let entry = store.entry(for: key)!
                    let next = UInt64(bytes: entry.value.array) + 1
                    let condition = WriteCondition(matching: .versions([entry.version]))
                    if store.put(makeEntry(key, next.bytes), if: condition).newVersion != nil { break }
                    retries += 1
                }
            }
            return retries
        }
        #expect(UInt64(bytes: store.entry(for: key)!.value.array) == UInt64(16 * rounds))
        #expect(store.totalCounts.hits == UInt64(16 * rounds + retries.reduce(0, +) + 1))
    }

    @Test func `of concurrent removals of a version exactly one succeeds`() {
        let store = ShardedStore(shards: 1)
        for _ in 0..<(5 * workScale) {
            let version = store.put(makeEntry([1])).newVersion!
            let outcomes = onThreads(8) { _ in
                store.remove([1], if: WriteCondition(matching: .versions([version])))
            }
            #expect(outcomes.count { $0 == .removed } == 1)
            #expect(outcomes.count { $0 == .notFound } == 7)
        }
    }

    @Test func `versions that concurrent writes give one key are all different`() {
        let store = ShardedStore(shards: 1)
        let rounds = 500 * workScale
        let versions = onThreads(4) { _ in
            (0..<rounds).map { _ in store.put(makeEntry([1])).newVersion! }
        }
        for own in versions { #expect(zip(own, own.dropFirst()).allSatisfy { $0 < $1 }) }
        #expect(Set(versions.joined()).count == 4 * rounds)
        #expect(store.entry(for: [1])?.version == versions.joined().max())
    }
}
