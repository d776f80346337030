import ByteBuffers
import TestSupport
import Testing

@testable import KeyValueStore

extension Table {
    /// What a shard does: inserts, after as many splits as that takes.
    ///
    /// - Returns: the number of splits.
    fileprivate mutating func put(_ entry: Entry, hash: UInt64, by keyHash: KeyHash = KeyHash()) -> Int {
        let key = HashedKey(bytes: entry.memory.keyBytes, hash: hash)
        let slot = Slot(owning: entry, hash: hash)
        var splits = 0
        while true {
            let place = place(of: key)
            if !place.isFree {
                _ = replace(at: place, with: slot).takeEntry()
                return splits
            }
            if !isFull(at: place) {
                insert(at: place, slot)
                return splits
            }
            var room = Room(directoryDepth: directoryDepth)
            split(segmentOf: hash, by: keyHash, room: &room)
            splits += 1
        }
    }

    fileprivate borrowing func entry(for key: [UInt8], hash: UInt64) -> Entry? {
        key.withUnsafeBytes {
            let slot = slot(for: HashedKey(bytes: BorrowedBytes($0), hash: hash))
            return slot.isEmpty ? nil : slot.entry
        }
    }

    fileprivate mutating func remove(_ key: [UInt8], hash: UInt64) -> Entry? {
        key.withUnsafeBytes {
            let place = place(of: HashedKey(bytes: BorrowedBytes($0), hash: hash))
            return place.isFree ? nil : remove(at: place)
        }
    }
}

/// A table, and the entries that should be in it with their hashes.
private struct ModelledTable: ~Copyable {
    private(set) var table: Table
    private var expected: [UInt64: (hash: UInt64, entry: Entry)] = [:]

    private let keyHash: KeyHash

    init(hash: KeyHash = KeyHash(k0: 1, k1: 2)) {
        table = Table()
        keyHash = hash
    }

    mutating func put(_ key: UInt64, hash: UInt64) -> Int {
        let entry = makeEntry(key.bytes)
        expected[key] = (hash, entry)
        return table.put(entry, hash: hash, by: keyHash)
    }

    mutating func remove(_ key: UInt64) -> Bool {
        let item = expected.removeValue(forKey: key)
        return table.remove(key.bytes, hash: item?.hash ?? 0)?.storage === item?.entry.storage
    }

    var directoryDepth: Int { table.directoryDepth }

    /// Whether every entry is found, and the table counts as many.
    var isSound: Bool {
        guard table.count == expected.count else { return false }
        for (key, item) in expected {
            guard table.entry(for: key.bytes, hash: item.hash)?.storage === item.entry.storage else { return false }
        }
        return true
    }
}

@Suite struct TableTests {
    @Test func `a new table is empty and has one segment`() {
        let table = Table()
        let (count, depth) = (table.count, table.directoryDepth)
        let entry = table.entry(for: [1], hash: 1)
        #expect(count == 0)
        #expect(depth == 0)
        #expect(entry == nil)
    }

    @Test func `every entry is found after each split`() {
        var random = SeededGenerator(seed: 10)
        var model = ModelledTable()
        var unsound: [UInt64] = []
        var splits = 0
        for key in 0..<6_000 as Range<UInt64> {
            let made = model.put(key, hash: random.next())
            splits += made
            if made > 0, !model.isSound { unsound.append(key) }
        }
        let (sound, depth) = (model.isSound, model.directoryDepth)
        #expect(unsound.isEmpty)
        #expect(sound)
        #expect(splits >= 6_000 / Segment.maximumCount)
        #expect((4...6).contains(depth))
    }

    @Test func `one insertion splits as often as the shared bits demand`() {
        var model = ModelledTable()
        // Alike in all directory bits that slots know but the last: bits 10 to 19 set, bit 9 alternating.
        let hash = { (key: UInt64) in 0xf_fc00 | (key & 1) << 9 | (key * 37) & 0x1ff }
        var splits: [Int] = []
        for key in 0...UInt64(Segment.maximumCount) { splits.append(model.put(key, hash: hash(key))) }
        let (sound, depth) = (model.isSound, model.directoryDepth)
        #expect(splits.dropLast().allSatisfy { $0 == 0 })
        #expect(splits.last == 11)
        #expect(depth == 11)
        #expect(sound)
    }

    @Test func `a shallow segment of a deep directory is split at its own depth`() {
        var random = SeededGenerator(seed: 11)
        var model = ModelledTable()
        // Deep where bit 19 is set, first; then full where it is clear.
        for key in 0..<1_500 as Range<UInt64> { _ = model.put(key, hash: random.next() & ~0xf_8000 | 0xf_8000) }
        let deep = model.directoryDepth
        for key in 1_500..<4_500 as Range<UInt64> { _ = model.put(key, hash: random.next() & ~0x8_0000) }
        let (sound, depth) = (model.isSound, model.directoryDepth)
        #expect(deep >= 6)
        #expect(depth == deep)
        #expect(sound)
    }

    @Test func `beyond the bits that slots know, splits hash the keys again`() {
        let keyHash = KeyHash(k0: 3, k1: 4)
        var model = ModelledTable(hash: keyHash)
        var (candidate, found, splits) = (0 as UInt64, 0 as UInt64, 0)
        // Real hashes that are alike in bits 9 to 19: with that, one of 2,048 candidates will do.
        while found <= Segment.maximumCount {
            let hash = borrowing(candidate.bytes) { keyHash($0) }
            if hash >> 9 & 0x7ff == 0x5a5 {
                splits += model.put(candidate, hash: hash)
                found += 1
            }
            candidate += 1
        }
        let (sound, depth) = (model.isSound, model.directoryDepth)
        #expect(splits >= 12)
        #expect(depth >= 12)
        #expect(sound)
    }

    // All bits; and so few of those that choose the slot that probe sequences are long.
    @Test(arguments: [20, 21] as [UInt64], [.max, ~0x1f8] as [UInt64])
    func `random insertions, replacements and removals leave what a dictionary would`(seed: UInt64, mask: UInt64) {
        var random = SeededGenerator(seed: seed)
        var model = ModelledTable()
        let hashes = (0..<3_000).map { _ in random.next() & mask }
        var wrong: [Int] = []
        for step in 0..<12_000 {
            let key = Int.random(in: hashes.indices, using: &random)
            if random.next() % 3 == 0 {
                if !model.remove(UInt64(key)) { wrong.append(step) }
            } else {
                _ = model.put(UInt64(key), hash: hashes[key])
            }
            if step % 1_000 == 0, !model.isSound { wrong.append(step) }
        }
        let sound = model.isSound
        #expect(wrong.isEmpty)
        #expect(sound)
    }

    @Test func `room for a directory that others have doubled meanwhile changes nothing`() {
        var random = SeededGenerator(seed: 12)
        var model = ModelledTable()
        for key in 0..<1_000 as Range<UInt64> { _ = model.put(key, hash: random.next()) }
        let before = model.directoryDepth
        let unchanged = model.splitWithRoom(directoryDepth: before - 1, hash: 0)
        let (sound, after) = (model.isSound, model.directoryDepth)
        #expect(before >= 1)
        #expect(unchanged)
        #expect(after == before)
        #expect(sound)
    }

    @Test func `a table frees its entries with itself, and removed ones at once`() {
        var random = SeededGenerator(seed: 13)
        var weak: [WeakEntry] = []
        do {
            var table = Table()
            var hashes: [UInt64] = []
            for key in 0..<2_000 as Range<UInt64> {
                hashes.append(random.next())
                let entry = makeEntry(key.bytes)
                weak.append(WeakEntry(entry))
                _ = table.put(entry, hash: hashes[Int(key)])
            }
            for key in 0..<500 {
                _ = table.remove(UInt64(key).bytes, hash: hashes[key])
                _ = table.put(makeEntry(UInt64(500 + key).bytes), hash: hashes[500 + key])
            }
            #expect(weak.prefix(1_000).allSatisfy { $0.isFreed })
            #expect(weak.dropFirst(1_000).allSatisfy { !$0.isFreed })
        }
        #expect(weak.allSatisfy { $0.isFreed })
    }
}

extension ModelledTable {
    /// Splits with room that was made for another depth; whether the table is then as deep as before.
    mutating func splitWithRoom(directoryDepth: Int, hash: UInt64) -> Bool {
        let before = table.directoryDepth
        var room = Table.Room(directoryDepth: directoryDepth)
        table.split(segmentOf: hash, by: keyHash, room: &room)
        return table.directoryDepth == before
    }
}
