import ByteBuffers

/// A fixed array of slots with linear probing: the unit in which a shard's table grows.
///
/// A handle to memory that the table owns; `deallocate()` ends it. Never more than `maximumCount` slots are taken, so a
/// probe always ends at an empty one.
struct Segment {
    static let slotCount = 512
    /// 13/16 of the slots: about 3 probes for a hit and 15 for a miss at the fullest, 3 at the average filling.
    static let maximumCount = 416
    private static let mask: UInt64 = 511

    /// The slots, then a word each for the count, the depth and the earliest deadline.
    private let words: UnsafeMutablePointer<UInt64>

    /// An empty segment. One `malloc` of about 4 KiB.
    static func allocate() -> Segment {
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: slotCount + 3)
        words.initialize(repeating: 0, count: slotCount + 2)
        (words + slotCount + 2).initialize(to: Entry.never)
        return Segment(words: words)
    }

    /// Frees the memory, not the entries.
    func deallocate() { words.deallocate() }

    /// Number of slots taken.
    var count: Int {
        get { Int(words[Self.slotCount]) }
        nonmutating set { words[Self.slotCount] = UInt64(newValue) }
    }

    /// How many directory bits all hashes in here share.
    var depth: Int {
        get { Int(words[Self.slotCount + 1]) }
        nonmutating set { words[Self.slotCount + 1] = UInt64(newValue) }
    }

    /// No entry in here expires before this, and perhaps none then: what is removed or moved to later leaves it as it is.
    var earliestDeadline: UInt64 {
        get { words[Self.slotCount + 2] }
        nonmutating set { words[Self.slotCount + 2] = newValue }
    }

    subscript(position: Int) -> Slot {
        @inline(__always) get { Slot(word: words[position]) }
        nonmutating set { words[position] = newValue.word }
    }

    /// The position of the slot that holds `key`, or of the empty slot where it would go. O(1) expected.
    @inline(__always)
    func find(_ key: HashedKey) -> (position: Int, slot: Slot) {
        let tag = Slot.tag(of: key.hash)
        var position = key.hash & Self.mask
        while true {
            let slot = Slot(word: words[Int(truncatingIfNeeded: position)])
            if slot.isEmpty || (slot.matches(tag) && slot.holds(key.bytes)) {
                return (Int(truncatingIfNeeded: position), slot)
            }
            position = (position &+ 1) & Self.mask
        }
    }

    /// The slot of the entry that `item` stands for, if it is in here. O(1) expected.
    func find(_ item: QueuedEntry) -> (position: Int, slot: Slot)? {
        let tag = Slot.tag(of: item.hash)
        var position = item.hash & Self.mask
        while true {
            let slot = Slot(word: words[Int(truncatingIfNeeded: position)])
            if slot.isEmpty { return nil }
            if slot.matches(tag), item.hasVersion(slot.memory.version) {
                return (Int(truncatingIfNeeded: position), slot)
            }
            position = (position &+ 1) & Self.mask
        }
    }

    /// Puts a slot that is not in here yet into the first free place of its probe sequence.
    func insert(_ slot: Slot) {
        precondition(count < Self.maximumCount, "segment of \(count) slots is full")
        var position = slot.lowHash & Self.mask
        while words[Int(position)] != 0 { position = (position + 1) & Self.mask }
        words[Int(position)] = slot.word
        count += 1
    }

    /// Empties the slot at `position` and closes the gap, so that no probe sequence is interrupted and no marker stays
    /// behind. O(1) expected.
    func remove(at position: Int) {
        var gap = UInt64(position)
        var next = (gap + 1) & Self.mask
        while words[Int(next)] != 0 {
            let home = Slot(word: words[Int(next)]).lowHash & Self.mask
            // The slot may move into the gap only if its probe sequence passes there.
            if (next &- home) & Self.mask >= (next &- gap) & Self.mask {
                words[Int(gap)] = words[Int(next)]
                gap = next
            }
            next = (next + 1) & Self.mask
        }
        words[Int(gap)] = 0
        count -= 1
    }

    /// Moves the slots for which `goes` is true into `sibling`, which is empty. O(`slotCount`).
    func split(into sibling: Segment, where goes: (Slot) -> Bool) {
        // On the stack: this runs under the shard's lock, where nothing is allocated.
        let old = InlineArray<512, UInt64> { words[$0] }
        words.update(repeating: 0, count: Self.slotCount)
        count = 0
        // Through a view: the compiler would copy the whole array for each word that is asked of it.
        let slots = old.span
        for position in slots.indices where slots[position] != 0 {
            let slot = Slot(word: slots[position])
            (goes(slot) ? sibling : self).insert(slot)
        }
    }
}
