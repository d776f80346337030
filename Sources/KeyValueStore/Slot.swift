import ByteBuffers
import CRetain

/// One word of a segment: an owned reference to an entry, and the 20 low bits of its key's hash, so that a probe which
/// does not match never leaves the segment, and a segment can be split without reading its entries.
///
/// A heap object lies at a multiple of 16 below 2^48 on the 64-bit systems that Swift runs on, which leaves 44 bits of
/// address to store. Zero is the empty slot.
struct Slot {
    static let hashBits: UInt64 = 20
    private static let addressBits: UInt64 = 64 - hashBits

    let word: UInt64

    static var empty: Slot { Slot(word: 0) }
    var isEmpty: Bool { word == 0 }

    @inline(__always)
    init(word: UInt64) { self.word = word }

    /// Takes over one owner of the entry.
    init(owning entry: consuming Entry, hash: UInt64) {
        let address = UInt64(UInt(bitPattern: Unmanaged.passRetained(entry.storage).toOpaque()))
        precondition(address & 0xf == 0 && address >> 48 == 0, "a heap object at \(address)")
        word = Self.tag(of: hash) | address >> 4
    }

    /// The part of a slot that depends on the hash alone.
    @inline(__always)
    static func tag(of hash: UInt64) -> UInt64 { hash &<< addressBits }

    /// Whether the slot's hash bits are those of `tag`; an empty slot may match too.
    @inline(__always)
    func matches(_ tag: UInt64) -> Bool { (word ^ tag) &>> Self.addressBits == 0 }

    /// The low bits of the hash, as many as `hashBits`.
    @inline(__always)
    var lowHash: UInt64 { word &>> Self.addressBits }

    /// The entry's storage, for as long as the slot owns it.
    @inline(__always)
    var reference: Unmanaged<ByteStorage> {
        let address = UInt(truncatingIfNeeded: (word &<< Self.hashBits) &>> (Self.hashBits &- 4))
        return Unmanaged.fromOpaque(UnsafeRawPointer(bitPattern: address)!)
    }

    /// The entry's memory, for as long as the slot owns it.
    @inline(__always)
    var memory: EntryMemory { reference._withUnsafeGuaranteedRef { EntryMemory(start: $0.bytes) } }

    /// The entry, as one more owner. The reference is counted here, before the lock can be given back, whatever the optimiser does.
    @inline(__always)
    var entry: Entry {
        let reference = reference
        latchkey_retain(reference.toOpaque())
        return Entry(storage: reference.takeRetainedValue())
    }

    /// The entry, with the slot's ownership handed to the caller. The slot must not be used again.
    func takeEntry() -> Entry { Entry(storage: reference.takeRetainedValue()) }

    /// Whether the entry's key is `key`. O(n) in the key.
    @inline(__always)
    func holds(_ key: BorrowedBytes) -> Bool { memory.hasKey(key) }
}
