/// Entries that were taken out under a lock, a bounded number of them, to be released after unlocking. Lies on the stack.
struct DisplacedEntries: ~Copyable {
    static let capacity = 32

    private var slots = InlineArray<32, Slot>(repeating: .empty)
    private(set) var count = 0

    var isFull: Bool { count == Self.capacity }

    /// Takes over what the slot owns.
    mutating func add(_ slot: Slot) {
        slots[count] = slot
        count += 1
    }

    /// Calls `body` with each entry, the only reference to which goes with the call where nobody else owns it.
    mutating func removeAll(_ body: (inout Entry) -> Void) {
        for index in 0..<count {
            var entry = slots[index].takeEntry()
            body(&entry)
        }
        count = 0
    }

    deinit {
        for index in 0..<count { _ = slots[index].takeEntry() }
    }
}
