/// The hashes of newcomers that were evicted lately: who comes again so soon is a regular.
///
/// Sets of eight fingerprints of 16 bits, of which the oldest makes way for the newest. One in some 8,000 is found that never was here.
struct GhostHashes: ~Copyable {
    private static let setSize = 8
    private static let smallestCount = 32

    /// Memory for so many sets, empty.
    struct Memory {
        fileprivate let sets: UnsafeMutablePointer<UInt128>
        fileprivate let setCount: Int

        static func allocate(setCount: Int) -> Memory {
            let sets = UnsafeMutablePointer<UInt128>.allocate(capacity: setCount)
            sets.initialize(repeating: 0, count: setCount)
            return Memory(sets: sets, setCount: setCount)
        }

        func deallocate() { sets.deallocate() }

        /// Bytes that the allocator takes.
        var allocatedCount: Int { setCount * 16 + 16 }
    }

    private var memory: Memory?

    deinit { memory?.deallocate() }

    /// How many sets there should be for a table of so many entries, where there are fewer now; a power of two.
    func missingSetCount(entryCount: Int) -> Int? {
        let setCount = memory?.setCount ?? 0
        if setCount > 0, entryCount <= setCount * Self.setSize { return nil }
        return max(Self.smallestCount, setCount * 2)
    }

    /// Goes on with other memory, which forgets all. Returns what was used before.
    mutating func exchange(_ other: Memory) -> Memory? {
        let former = memory
        memory = other
        return former
    }

    /// Takes down that an entry was evicted. O(1).
    mutating func insert(_ hash: UInt64) {
        guard let memory else { return }
        let place = Self.place(of: hash, in: memory)
        memory.sets[place] = memory.sets[place] &<< 16 | UInt128(Self.fingerprint(of: hash))
    }

    /// Whether an entry of this hash was evicted lately. O(1).
    func contains(_ hash: UInt64) -> Bool {
        guard let memory else { return false }
        let set = unsafeBitCast(memory.sets[Self.place(of: hash, in: memory)], to: SIMD8<UInt16>.self)
        return any(set .== Self.fingerprint(of: hash))
    }

    // Bits of the 40 that the queues know.
    private static func place(of hash: UInt64, in memory: Memory) -> Int {
        Int(hash & 0xff_ffff) & (memory.setCount - 1)
    }
    private static func fingerprint(of hash: UInt64) -> UInt16 { max(1, UInt16(truncatingIfNeeded: hash &>> 24)) }
}
