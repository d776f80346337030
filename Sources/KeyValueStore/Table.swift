import ByteBuffers

/// A shard's hash table: extendible hashing over fixed segments.
///
/// A directory, indexed by the first bits of the hash, names the segment that holds all keys with those bits. A full
/// segment is split in two, which moves at most `Segment.maximumCount` slots, and reads entries only where a shard has
/// more keys than the hash bits in a slot tell apart (some 600,000). Nothing is ever rehashed as a whole; what grows
/// with the number of keys is the directory, eight bytes for some 300 keys, which is copied when it doubles.
///
/// Not synchronised: the shard's lock guards it, which is what `@unchecked Sendable` rests on. It allocates nothing by
/// itself: `Room` brings what growth needs.
struct Table: ~Copyable, @unchecked Sendable {
    private(set) var directory: UnsafeMutablePointer<Segment>
    /// The directory has 2^depth places.
    private(set) var depth = 0

    /// Number of keys.
    var count = 0

    init() {
        directory = .allocate(capacity: 1)
        directory.initialize(to: .allocate())
    }

    deinit {
        forEachSegment { segment in
            for position in 0..<Segment.slotCount where !segment[position].isEmpty {
                _ = segment[position].takeEntry()
            }
            segment.deallocate()
        }
        directory.deallocate()
    }

    /// The slot that holds `key`, or an empty one. O(1) expected.
    @inline(__always)
    func slot(for key: HashedKey) -> Slot { segment(for: key.hash).find(key).slot }

    /// Where `key` is or would be, to be acted upon before the table changes. O(1) expected.
    @inline(__always)
    func place(of key: HashedKey) -> Place {
        let segment = segment(for: key.hash)
        let (position, slot) = segment.find(key)
        return Place(segment: segment, position: position, slot: slot)
    }

    /// Puts `slot` in the place of the one there, which is the caller's from then on. O(1).
    @inline(__always)
    func replace(at place: Place, with slot: Slot) -> Slot {
        place.segment[place.position] = slot
        return place.slot
    }

    /// Whether an insertion at the free place needs its segment to be split first.
    func isFull(at place: Place) -> Bool { place.segment.count == Segment.maximumCount }

    /// Inserts at a free place of a segment that is not full. O(1).
    @inline(__always)
    mutating func insert(at place: Place, _ slot: Slot) {
        place.segment[place.position] = slot
        place.segment.count += 1
        count += 1
    }

    /// Removes and returns the entry at an occupied place. O(1) expected.
    mutating func remove(at place: Place) -> Entry { removeSlot(at: place).takeEntry() }

    /// As `remove`, and leaves the entry in its slot, which nobody but the caller has from then on.
    mutating func removeSlot(at place: Place) -> Slot {
        place.segment.remove(at: place.position)
        count -= 1
        return place.slot
    }

    /// Where the entry is that `item` stands for, if it is still there. O(1) expected.
    func place(of item: QueuedEntry) -> Place? {
        let segment = segment(for: item.hash)
        return segment.find(item).map { Place(segment: segment, position: $0.position, slot: $0.slot) }
    }

    /// Where a key is or would be.
    struct Place {
        let segment: Segment
        let position: Int
        /// What is there, or the empty slot.
        let slot: Slot
        /// Whether there is no entry.
        var isFree: Bool { slot.isEmpty }
        /// The version of the entry there, or nil where the place is free or the entry has expired.
        @inline(__always)
        func version(at clock: StoreClock) -> UInt64? {
            if slot.isEmpty || slot.memory.isExpired(by: clock) { return nil }
            return slot.memory.version
        }
    }
}

// MARK: Growth

extension Table {
    /// Memory for one split, allocated before the lock is taken and freed, where it was not needed, after.
    struct Room: ~Copyable {
        fileprivate var segment: Segment?
        fileprivate var directory: UnsafeMutablePointer<Segment>?
        fileprivate let directoryDepth: Int

        /// Memory for splitting a segment of a table whose directory has 2^`depth` places.
        init(directoryDepth depth: Int) {
            segment = .allocate()
            directory = .allocate(capacity: 2 << depth)
            directoryDepth = depth
        }

        deinit {
            segment?.deallocate()
            directory?.deallocate()
        }
    }

    /// What `Room` needs to know.
    var directoryDepth: Int { depth }

    /// Splits the segment of `hash` in two with memory from `room`; does nothing where the directory has been doubled
    /// since that was allocated. O(`Segment.slotCount`), and O(directory) where that must be doubled.
    ///
    /// - Parameter keyHash: the hash function that made `hash`.
    ///
    /// What `room` has afterwards is unused or has just gone out of use, and is to be freed after unlocking.
    /// - Returns: whether there is a segment more.
    @discardableResult
    mutating func split(segmentOf hash: UInt64, by keyHash: KeyHash, room: inout Room) -> Bool {
        let full = segment(for: hash)
        if full.depth == depth {
            guard room.directoryDepth == depth else { return false }
            doubleDirectory(&room)
        }
        guard let sibling = room.segment.take() else { return false }
        let bit = full.depth
        full.depth = bit + 1
        sibling.depth = bit + 1
        sibling.earliestDeadline = full.earliestDeadline
        full.split(into: sibling) { slot in
            let known = Self.directoryBits(ofLowHash: slot.lowHash)
            let bits = bit < Self.directoryBitsInSlot ? known : Self.directoryBits(of: keyHash(slot.memory.keyBytes))
            return (bits &>> (31 &- UInt64(bit))) & 1 == 1
        }
        let span = 1 << (depth - bit)
        let first = index(for: hash) & ~(span - 1)
        for index in (first + span / 2)..<(first + span) { directory[index] = sibling }
        return true
    }

    private mutating func doubleDirectory(_ room: inout Room) {
        precondition(depth < Self.maximumDepth, "a directory of 2^\(depth) places")
        guard let doubled = room.directory.take() else { return }
        for index in 0..<(1 << depth) {
            (doubled + 2 * index).initialize(repeating: directory[index], count: 2)
        }
        room.directory = directory
        directory = doubled
        depth += 1
    }

    private func forEachSegment(_ body: (Segment) -> Void) {
        var index = 0
        while index < 1 << depth {
            let segment = directory[index]
            index += 1 << (depth - segment.depth)
            body(segment)
        }
    }
}

// MARK: Bits of the hash

// Bits 0...8 choose the slot and 9...19 come first in the directory: those 20 are kept in the slot. Bits 20...40 follow
// in the directory, where a shard is so large that they are needed. The shard is chosen from the other end.
extension Table {
    /// Directory bits that a slot knows without reading its entry.
    private static let directoryBitsInSlot = 11
    private static let maximumDepth = 28

    @inline(__always)
    private static func directoryBits(ofLowHash low: UInt64) -> UInt64 { ((low &>> 9) & 0x7ff) &<< 21 }

    @inline(__always)
    static func directoryBits(of hash: UInt64) -> UInt64 {
        ((hash &>> 9) & 0x7ff) &<< 21 | ((hash &>> 20) & 0x1f_ffff)
    }

    @inline(__always)
    private func index(for hash: UInt64) -> Int {
        Int(truncatingIfNeeded: Self.directoryBits(of: hash) &>> (32 &- UInt64(truncatingIfNeeded: depth)))
    }

    @inline(__always)
    private func segment(for hash: UInt64) -> Segment { directory[index(for: hash)] }
}
