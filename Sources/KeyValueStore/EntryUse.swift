import Synchronization

/// How an entry stands with the eviction policy: which queue it is in and how often it was used since, in three bits of its
/// header.
struct EntryUse: RawRepresentable, Equatable, Comparable, Sendable {
    let rawValue: UInt16

    /// In the queue of newcomers, and not used since it was written. The next two: used once, and more often.
    static let newcomer = EntryUse(rawValue: 0)
    /// In the queue of regulars, and not used. The next three: used once, twice, and more often.
    static let regular = EntryUse(rawValue: 3)
    /// Out of the table, and counted as pinned until nobody owns it.
    static let departed = EntryUse(rawValue: 7)

    /// Whether the entry is in the queue of newcomers.
    var isNewcomer: Bool { self < .regular }
    /// A newcomer that becomes a regular instead of being evicted.
    var isProven: Bool { rawValue == 2 }
    /// A proven newcomer as a regular: its uses count, or the next write might find it unused.
    static let promoted = EntryUse(rawValue: 5)
    /// After one more use.
    var raised: EntryUse { mayRise ? EntryUse(rawValue: rawValue + 1) : self }
    /// After the queue of regulars has let it pass once.
    var lowered: EntryUse { self > .regular ? EntryUse(rawValue: rawValue - 1) : self }

    @inline(__always)
    fileprivate var mayRise: Bool { rawValue != 2 && rawValue < 6 }

    static func < (left: EntryUse, right: EntryUse) -> Bool { left.rawValue < right.rawValue }
}

extension EntryMemory {
    private static let useShift: UInt16 = 12
    private static let useMask: UInt16 = 0x7000

    /// How the entry stands. Written under the lock of its shard, or, once it is out of the table, by whoever took it out.
    var use: EntryUse {
        @inline(__always) get { EntryUse(rawValue: (flags & Self.useMask) &>> Self.useShift) }
        nonmutating set {
            flagsCell.pointee.store(flags & ~Self.useMask | newValue.rawValue &<< Self.useShift, ordering: .relaxed)
        }
    }

    /// Takes down that the entry was used. Writes only where that changes something: what is used often is read only.
    @inline(__always)
    func noteUseLocked() {
        if use.mayRise { flagsCell.pointee.store(flags &+ 1 &<< Self.useShift, ordering: .relaxed) }
    }
}
