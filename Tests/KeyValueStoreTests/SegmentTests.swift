import ByteBuffers
import TestSupport
import Testing

@testable import KeyValueStore

/// A segment with the bookkeeping that the table does for it, and a model to compare it with.
private struct ModelledSegment {
    let segment = Segment.allocate()
    /// The entries that should be in the segment, by key, each with its hash.
    private(set) var expected: [[UInt8]: (hash: UInt64, entry: Entry)] = [:]

    mutating func insert(_ key: [UInt8], hash: UInt64) {
        let entry = makeEntry(key)
        segment.insert(Slot(owning: entry, hash: hash))
        expected[key] = (hash, entry)
    }

    mutating func remove(_ key: [UInt8]) -> Bool {
        guard let (hash, entry) = expected.removeValue(forKey: key) else { return false }
        let (position, slot) = find(key, hash)
        let taken = slot.takeEntry()
        segment.remove(at: position)
        return taken.storage === entry.storage
    }

    func find(_ key: [UInt8], _ hash: UInt64) -> (position: Int, slot: Slot) {
        borrowing(key) { segment.find(HashedKey(bytes: $0, hash: hash)) }
    }

    /// Whether exactly the expected entries are found.
    var isSound: Bool {
        segment.count == expected.count
            && (0..<Segment.slotCount).count { !segment[$0].isEmpty } == expected.count
            && expected.allSatisfy { key, item in
                let slot = find(key, item.hash).slot
                return !slot.isEmpty && slot.entry.storage === item.entry.storage
            }
    }

    mutating func deallocate() {
        for position in 0..<Segment.slotCount where !segment[position].isEmpty { _ = segment[position].takeEntry() }
        segment.deallocate()
    }
}

@Suite struct SegmentTests {
    @Test func `a new segment is empty`() {
        var model = ModelledSegment()
        #expect(model.isSound)
        #expect(model.segment.depth == 0)
        let (position, slot) = model.find([1], 511)
        #expect(position == 511)
        #expect(slot.isEmpty)
        model.deallocate()
    }

    @Test func `a probe sequence goes on at the start`() {
        var model = ModelledSegment()
        for key in 0..<4 as Range<UInt8> { model.insert([key], hash: 510) }
        #expect((0..<4).map { model.find([$0], 510).position } == [510, 511, 0, 1])
        let absent = model.find([9], 510)
        #expect(absent.position == 2)
        #expect(absent.slot.isEmpty)
        model.deallocate()
    }

    @Test func `a removal closes the gap across the end`() {
        var model = ModelledSegment()
        for key in 0..<4 as Range<UInt8> { model.insert([key], hash: 510) }
        let removed = model.remove([0])
        #expect(removed)
        #expect((1..<4).map { model.find([$0], 510).position } == [510, 511, 0])
        #expect(model.isSound)
        model.deallocate()
    }

    @Test func `a removal leaves an entry at its home where it is`() {
        var model = ModelledSegment()
        model.insert([0], hash: 100)
        model.insert([1], hash: 101)
        model.insert([2], hash: 100)
        let removed = model.remove([0])
        #expect(removed)
        #expect(model.find([1], 101).position == 101)
        #expect(model.find([2], 100).position == 100)
        #expect(model.isSound)
        model.deallocate()
    }

    @Test func `keys of one hash are told apart by their bytes`() {
        var model = ModelledSegment()
        for key in [[1], [1, 0], [0, 1], [1, 1]] as [[UInt8]] { model.insert(key, hash: 0xf_ffff) }
        #expect(model.isSound)
        #expect(model.find([0], 0xf_ffff).slot.isEmpty)
        model.deallocate()
    }

    @Test(arguments: [[0], [511], [509, 510, 511, 0, 1], [3, 5, 7, 200, 201]] as [[UInt64]], [7, 8] as [UInt64])
    func `random changes with few homes leave what a dictionary would`(homes: [UInt64], seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var model = ModelledSegment()
        // The same home with other bits above it: the same probe sequence, another tag.
        let hashes = (0..<48).map { _ in homes.randomElement(using: &random)! | random.next() << 9 }
        var firstUnsound: Int?
        for step in 0..<1_500 where firstUnsound == nil {
            let number = hashes.indices.randomElement(using: &random)!
            let (key, hash) = ([UInt8(number)], hashes[number])
            var isRight = true
            if model.expected[key] == nil {
                isRight = model.find(key, hash).slot.isEmpty
                model.insert(key, hash: hash)
            } else {
                isRight = model.remove(key) && model.find(key, hash).slot.isEmpty
            }
            if !isRight || !model.isSound { firstUnsound = step }
        }
        #expect(firstUnsound == nil)
        model.deallocate()
    }

    @Test func `a segment at its fullest finds all and ends every search`() {
        var random = SeededGenerator(seed: 3)
        var model = ModelledSegment()
        for key in 0..<UInt64(Segment.maximumCount) { model.insert(key.bytes, hash: random.next()) }
        #expect(model.isSound)
        for home in 0..<512 as Range<UInt64> { #expect(model.find([1], home).slot.isEmpty) }
        model.deallocate()
    }

    @Test func `one slot more than the maximum traps`() async {
        await #expect(processExitsWith: .failure) {
            var model = ModelledSegment()
            for key in 0...UInt64(Segment.maximumCount) { model.insert(key.bytes, hash: key) }
        }
    }

    @Test(arguments: [0, 1, 2, 416])
    func `a split moves the chosen slots and keeps the others`(every: UInt64) {
        var random = SeededGenerator(seed: 4)
        var model = ModelledSegment()
        for key in 0..<UInt64(Segment.maximumCount) { model.insert(key.bytes, hash: random.next() << 4 | 0x1f0) }
        let sibling = Segment.allocate()
        let goes = { (key: UInt64) in every != 0 && key % every == 0 }
        model.segment.split(into: sibling) { goes(UInt64(bytes: $0.entry.key.array)) }
        let moved = (0..<UInt64(Segment.maximumCount)).count(where: goes)
        #expect(sibling.count == moved)
        #expect(model.segment.count == Segment.maximumCount - moved)
        for (key, item) in model.expected {
            let hashed = { (bytes: BorrowedBytes) in HashedKey(bytes: bytes, hash: item.hash) }
            let kept = borrowing(key) { model.segment.find(hashed($0)).slot }
            let gone = borrowing(key) { sibling.find(hashed($0)).slot }
            #expect(gone.isEmpty != goes(UInt64(bytes: key)))
            #expect(kept.isEmpty == goes(UInt64(bytes: key)))
        }
        for position in 0..<Segment.slotCount where !sibling[position].isEmpty { _ = sibling[position].takeEntry() }
        sibling.deallocate()
        model.deallocate()
    }
}
