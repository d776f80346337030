import TestSupport
import Testing

@testable import KeyValueStore

/// The parts that the eviction policy is made of.
@Suite struct EvictionQueueTests {
    private func spares(_ count: Int) -> SpareBlocks {
        var spares = SpareBlocks()
        for _ in 0..<count { spares.add(.allocate()) }
        return spares
    }

    private func evictionWithRoom(blocks: Int, entryCount: Int = 0) -> Eviction {
        var eviction = Eviction()
        var room = Eviction.Room(
            Eviction.Needs(blockCount: blocks, ghostSetCount: eviction.needs(entryCount: entryCount)?.ghostSetCount))
        _ = eviction.take(&room)
        return eviction
    }

    @Test func `a chain gives back what it was given, in order`() {
        var generator = SeededGenerator(seed: 3)
        var chain = QueueChain()
        var spares = spares(40)
        var expected: [UInt64] = []
        var next: UInt64 = 0
        for _ in 0..<20_000 {
            // Grows and shrinks by turns.
            let grows = Int.random(in: 0..<100, using: &generator) < (next / 1_000 % 2 == 0 ? 70 : 30)
            if grows, spares.count > 0 || !chain.isTailFull {
                chain.push(QueuedEntry(word: next), &spares)
                expected.append(next)
                next += 1
            } else {
                let item = chain.pop(&spares)
                #expect(item?.word == (expected.isEmpty ? nil : expected.removeFirst()))
            }
        }
        let count = chain.count
        #expect(count == expected.count)
        while let item = chain.pop(&spares) { #expect(item.word == expected.removeFirst()) }
        let all = spares.count
        #expect(all == 40)
    }

    @Test func `an item knows 40 bits of the hash and 24 of the version`() {
        let item = QueuedEntry(hash: 0xabcd_ef01_2345_6789, version: 0x1_2345_6789)
        #expect(item.hash == 0x01_2345_6789)
        #expect(item.hasVersion(0x1_2345_6789) && item.hasVersion(0x45_6789))
        #expect(!item.hasVersion(0x1_2345_6788))
    }

    @Test func `uses rise to the most of their queue, and fall to its least`() {
        var use = EntryUse.newcomer
        for _ in 0..<5 { use = use.raised }
        #expect(use.isNewcomer && use.isProven)
        use = .regular
        for _ in 0..<5 { use = use.raised }
        #expect(!use.isNewcomer && use != .departed)
        for _ in 0..<5 { use = use.lowered }
        #expect(use == .regular)
    }

    @Test func `a use changes nothing else of an entry`() {
        let attributes = [UInt8](repeating: 7, count: Entry.maximumAttributesCount)
        let entry = makeEntry([1, 2], [3], attributes: attributes, deadline: 99)
        for _ in 0..<9 { entry.memory.noteUseLocked() }
        #expect(entry.memory.use == EntryUse(rawValue: 2))
        entry.memory.use = .departed
        #expect(entry.attributes.array == attributes && entry.value.array == [3] && entry.deadline == 99)
        entry.memory.use = .newcomer
    }

    @Test func `newcomers that were not used again go, and are remembered`() {
        var eviction = evictionWithRoom(blocks: 8)
        let item = QueuedEntry(hash: 77, version: 1)
        #expect(eviction.firstUse(hash: 77) == .newcomer)
        #expect(eviction.judge(item, .newcomer) == nil)
        #expect(eviction.firstUse(hash: 77) == .regular)
        #expect(eviction.judge(QueuedEntry(hash: 78, version: 1), EntryUse.newcomer.raised.raised) == .promoted)
        #expect(eviction.firstUse(hash: 78) == .newcomer)
        #expect(eviction.next(prefersNewcomers: true)?.hash == 78)
    }

    @Test func `regulars that were used are let pass once for each use, but not for ever`() {
        var eviction = evictionWithRoom(blocks: 8)
        let item = QueuedEntry(hash: 1, version: 1)
        let used = EntryUse.regular.raised.raised
        #expect(eviction.judge(item, used) == EntryUse.regular.raised)
        #expect(eviction.judge(item, .regular) == nil)
        #expect(eviction.firstUse(hash: 1) == .newcomer)
        var passes = 0
        while eviction.judge(item, used) != nil { passes += 1 }
        #expect(passes == 256)
    }

    @Test func `what has gone is thrown out in steps, and the rest stays in order`() {
        var eviction = evictionWithRoom(blocks: 40)
        for number in 0..<3_000 as Range<UInt64> { eviction.push(QueuedEntry(word: number), .newcomer) }
        var looks = 0
        var isAtEnd = false
        while !isAtEnd {
            guard let item = eviction.nextForCompaction() else {
                isAtEnd = true
                continue
            }
            looks += 1
            if item.word.isMultiple(of: 3) { eviction.keep(item) }
            if looks == 1_500 {
                // In the middle of it the oldest are the first to go, as ever.
                let oldest = (0..<10).map { _ in eviction.next(prefersNewcomers: true)?.word }
                #expect(oldest == (0..<10).map { 3 * $0 })
                eviction.push(QueuedEntry(word: 3_000), .newcomer)
            }
        }
        #expect(looks == 3_001)
        var left: [UInt64] = []
        while let item = eviction.next(prefersNewcomers: true) { left.append(item.word) }
        #expect(left == (10...1_000).map { 3 * $0 })
    }

    @Test func `ghosts are remembered until as many more have come, and few others are taken for one`() {
        var generator = SeededGenerator(seed: 5)
        var ghosts = GhostHashes()
        let inNone = ghosts.contains(1)
        #expect(!inNone)
        #expect(ghosts.missingSetCount(entryCount: 0) == 32)
        _ = ghosts.exchange(.allocate(setCount: 128))
        #expect(ghosts.missingSetCount(entryCount: 1_024) == nil)
        #expect(ghosts.missingSetCount(entryCount: 1_025) == 256)
        let hashes = (0..<500).map { _ in UInt64.random(in: 0..<1 << 40, using: &generator) }
        for hash in hashes { ghosts.insert(hash) }
        let found = hashes.count { ghosts.contains($0) }
        #expect(found > 450)
        let mistaken = (0..<10_000).count { _ in ghosts.contains(.random(in: 0..<1 << 40, using: &generator)) }
        #expect(mistaken < 30)
        for _ in 0..<10_000 { ghosts.insert(.random(in: 0..<1 << 40, using: &generator)) }
        let left = hashes.count { ghosts.contains($0) }
        #expect(left < 10)
        ghosts.exchange(.allocate(setCount: 256))?.deallocate()
    }
}
