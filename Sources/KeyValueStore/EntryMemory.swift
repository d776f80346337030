import ByteBuffers
public import Synchronization

/// The memory of an entry: a view that owns nothing, for whoever knows that the entry lives. Reading through it costs no
/// reference count.
///
/// Layout, in bytes:
///
///     0  version                  UInt64
///     8  count of the value       UInt32
///     12 count of the key         UInt16
///     14 flags                    UInt16: count of the attributes in the lower 12 bits, `EntryUse` in the next 3, and
///                                 the highest says that there is a deadline. The only part that changes while others
///                                 read, so an atomic.
///     16 deadline, in entries that have room for one, UInt64
///        key, attributes, value
@usableFromInline
struct EntryMemory {
    @usableFromInline let start: UnsafeMutableRawPointer

    @inlinable
    @inline(__always)
    init(start: UnsafeMutableRawPointer) { self.start = start }

    /// Bytes in front of the key where there is no deadline.
    @inlinable static var headerCount: Int { 16 }
    @inlinable static var deadlineCount: Int { 8 }
    @inlinable static var deadlineFlag: UInt16 { 0x8000 }

    @usableFromInline var version: UInt64 {
        @inlinable get { start.load(as: UInt64.self) }
        nonmutating set { start.storeBytes(of: newValue, as: UInt64.self) }
    }

    @usableFromInline var valueCount: Int {
        @inlinable get { Int(start.load(fromByteOffset: 8, as: UInt32.self)) }
        nonmutating set { start.storeBytes(of: UInt32(newValue), toByteOffset: 8, as: UInt32.self) }
    }

    @inlinable var keyCount: Int { Int(start.load(fromByteOffset: 12, as: UInt16.self)) }
    @inlinable var attributesCount: Int { Int(flags & 0xfff) }
    @inlinable var hasDeadline: Bool { flags & Self.deadlineFlag != 0 }

    @inlinable
    @inline(__always)
    var flags: UInt16 { flagsCell.pointee.load(ordering: .relaxed) }

    @inlinable var flagsCell: UnsafeMutablePointer<Atomic<UInt16>> {
        (start + 14).assumingMemoryBound(to: Atomic<UInt16>.self)
    }

    @inlinable var keyOffset: Int { hasDeadline ? Self.headerCount + Self.deadlineCount : Self.headerCount }
    @inlinable var attributesOffset: Int { keyOffset + keyCount }
    @inlinable var valueOffset: Int { attributesOffset + attributesCount }

    /// The key as a view of memory that lives as long as the entry.
    @inline(__always)
    var keyBytes: BorrowedBytes {
        BorrowedBytes(UnsafeRawBufferPointer(start: start + keyOffset, count: keyCount))
    }

    /// Whether the entry's key is `key`. O(n) in the key; eight bytes at a time, without a call.
    @inline(__always)
    func hasKey(_ key: BorrowedBytes) -> Bool {
        guard keyCount == key.count else { return false }
        return key.withUnsafeBytes { key in
            let own = UnsafeRawPointer(start + keyOffset)
            let other = key.baseAddress!
            var position = 0
            while position &+ 8 <= key.count {
                if Self.word(own, position) != Self.word(other, position) { return false }
                position &+= 8
            }
            if position == key.count { return true }
            if position > 0 { return Self.word(own, key.count &- 8) == Self.word(other, key.count &- 8) }
            while position < key.count {
                if own.load(fromByteOffset: position, as: UInt8.self) != key[position] { return false }
                position &+= 1
            }
            return true
        }
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawPointer, _ position: Int) -> UInt64 {
        bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
    }

    /// When the entry expires, in nanoseconds of the store's clock, or `Entry.never`. May be moved at any time.
    var deadline: UInt64 {
        hasDeadline ? deadlineCell.pointee.load(ordering: .relaxed) : Entry.never
    }

    /// - Precondition: the entry has room for a deadline.
    func setDeadline(_ deadline: UInt64) {
        precondition(hasDeadline, "an entry without room for a deadline")
        deadlineCell.pointee.store(deadline, ordering: .relaxed)
    }

    /// Whether the entry has expired. Reads the clock only where the entry has a deadline.
    @inline(__always)
    func isExpired(by clock: StoreClock) -> Bool { hasDeadline && deadline <= clock.now }

    private var deadlineCell: UnsafeMutablePointer<Atomic<UInt64>> {
        (start + Self.headerCount).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// Writes the header, with no version and no value yet.
    @inline(__always)
    func writeHeader(keyCount: Int, attributesCount: Int, hasDeadline: Bool) {
        start.storeBytes(of: 0, toByteOffset: 0, as: UInt64.self)
        start.storeBytes(of: 0, toByteOffset: 8, as: UInt32.self)
        start.storeBytes(of: UInt16(keyCount), toByteOffset: 12, as: UInt16.self)
        let flag = hasDeadline ? Self.deadlineFlag : 0
        start.storeBytes(of: UInt16(attributesCount) | flag, toByteOffset: 14, as: UInt16.self)
        if hasDeadline { start.storeBytes(of: Entry.never, toByteOffset: Self.headerCount, as: UInt64.self) }
    }
}
