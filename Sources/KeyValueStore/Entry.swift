public import ByteBuffers
import Synchronization

/// What the store keeps for a key: header, key, attributes and value in one reference-counted allocation.
///
/// A copy is one more owner. Everything but version and deadline is fixed when the entry is sealed; the shard writes the
/// version under its lock, before anybody else can see the entry, and the deadline, which is an atomic, whenever it is
/// moved. `@unchecked Sendable` because of that.
///
/// Layout of the allocation, in bytes:
///
///     0  version                  UInt64
///     8  count of the value       UInt32
///     12 count of the key         UInt16
///     14 count of the attributes  UInt16; its highest bit says that there is a deadline
///     16 deadline, in entries that have room for one, UInt64
///        key, attributes, value
public struct Entry: @unchecked Sendable {
    @usableFromInline let storage: ByteStorage

    /// Bytes in front of the key where there is no deadline.
    @inlinable
    static var headerCount: Int { 16 }
    @inlinable
    static var deadlineCount: Int { 8 }
    @inlinable
    static var deadlineFlag: UInt16 { 0x8000 }
    /// The deadline of what never expires.
    @inlinable
    public static var never: UInt64 { .max }
    /// The largest value that the header can describe, in bytes.
    public static let maximumValueCount = Int(UInt32.max)
    /// The most attributes, in bytes.
    public static let maximumAttributesCount = 4095

    init(storage: ByteStorage) { self.storage = storage }

    /// Changes with every write of the key; never the same again for one key while the store lives.
    @inlinable
    public var version: UInt64 { storage.bytes.load(as: UInt64.self) }

    /// The value, sharing the allocation. O(1).
    @inline(__always)
    public var value: SharedBytes {
        SharedBytes(storage: storage, offset: keyOffset + keyCount + attributesCount, count: valueCount)
    }

    /// What came with the value, as bytes that only the caller understands; empty where nothing did. O(1).
    @inline(__always)
    public var attributes: SharedBytes {
        SharedBytes(storage: storage, offset: keyOffset + keyCount, count: attributesCount)
    }

    /// The attributes, and the value right behind them, sharing the allocation. O(1).
    @inlinable
    @inline(__always)
    public var attributesAndValue: SharedBytes {
        SharedBytes(storage: storage, offset: keyOffset + keyCount, count: attributesCount + valueCount)
    }

    /// The key. O(1).
    public var key: SharedBytes { SharedBytes(storage: storage, offset: keyOffset, count: keyCount) }

    /// Bytes of the attributes. O(1).
    @inlinable
    public var attributesCount: Int { Int(flaggedCount & ~Self.deadlineFlag) }

    @inlinable
    var valueCount: Int { Int(storage.bytes.load(fromByteOffset: 8, as: UInt32.self)) }
    @inlinable
    var keyCount: Int { Int(storage.bytes.load(fromByteOffset: 12, as: UInt16.self)) }
    @inlinable
    var flaggedCount: UInt16 { storage.bytes.load(fromByteOffset: 14, as: UInt16.self) }
    @inlinable
    var keyOffset: Int { hasDeadline ? Self.headerCount + Self.deadlineCount : Self.headerCount }

    /// The key as a view of memory that lives as long as the entry.
    var keyBytes: BorrowedBytes {
        BorrowedBytes(UnsafeRawBufferPointer(start: storage.bytes + keyOffset, count: keyCount))
    }

    /// - Precondition: only the caller owns the entry, or the caller holds the lock and nobody has seen it yet.
    func setVersion(_ version: UInt64) { storage.bytes.storeBytes(of: version, as: UInt64.self) }
}

// MARK: Deadline

extension Entry {
    /// Whether the entry has room for a deadline, be it `never`.
    @inlinable
    public var hasDeadline: Bool { flaggedCount & Self.deadlineFlag != 0 }

    /// When the entry expires, in nanoseconds of the store's clock, or `never`. May be moved at any time.
    public var deadline: UInt64 {
        hasDeadline ? deadlineCell.pointee.load(ordering: .relaxed) : Self.never
    }

    /// Whether the entry has expired. Reads the clock only where the entry has a deadline.
    @inline(__always)
    func isExpired(by clock: StoreClock) -> Bool { hasDeadline && deadline <= clock.now }

    /// Moves the deadline. O(1).
    ///
    /// - Precondition: the entry has room for one; the caller holds the lock, or nobody else has seen the entry.
    public func setDeadline(_ deadline: UInt64) {
        precondition(hasDeadline, "an entry without room for a deadline")
        deadlineCell.pointee.store(deadline, ordering: .relaxed)
    }

    private var deadlineCell: UnsafeMutablePointer<Atomic<UInt64>> {
        (storage.bytes + Self.headerCount).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}

// MARK: Making

extension Entry {
    /// Starts an entry: the builder holds header, key and attributes, and takes the value's bytes after them.
    /// One `malloc`, and no more where `valueCount` is right.
    ///
    /// - Parameters:
    ///   - attributes: what is kept with the value.
    ///   - hasDeadline: whether to make room for a deadline, which is `never` until it is set.
    ///   - valueCount: bytes of value to expect; 0 where that is not known.
    ///   - maximumValueCount: bytes of value after which the builder refuses more.
    /// - Precondition: the key has 1 to 65,535 bytes, the attributes at most `maximumAttributesCount`, and
    ///   `valueCount <= maximumValueCount <= Entry.maximumValueCount`.
    public static func start(
        key: BorrowedBytes, attributes: BorrowedBytes, hasDeadline: Bool, valueCount: Int, maximumValueCount: Int
    ) -> BytesBuilder {
        precondition(maximumValueCount <= Self.maximumValueCount, "values of up to \(maximumValueCount) bytes")
        precondition(key.count > 0 && key.count <= Int(UInt16.max), "a key of \(key.count) bytes")
        precondition(attributes.count <= maximumAttributesCount, "attributes of \(attributes.count) bytes")
        let header = hasDeadline ? headerCount + deadlineCount : headerCount
        let prefix = header + key.count + attributes.count
        var builder = BytesBuilder(capacity: prefix + valueCount, limit: prefix + maximumValueCount)
        builder.append(length: prefix) { memory in
            let bytes = memory.baseAddress!
            bytes.storeBytes(of: 0, toByteOffset: 0, as: UInt64.self)
            bytes.storeBytes(of: 0, toByteOffset: 8, as: UInt32.self)
            bytes.storeBytes(of: UInt16(key.count), toByteOffset: 12, as: UInt16.self)
            let flag = hasDeadline ? deadlineFlag : 0
            bytes.storeBytes(of: UInt16(attributes.count) | flag, toByteOffset: 14, as: UInt16.self)
            if hasDeadline { bytes.storeBytes(of: never, toByteOffset: headerCount, as: UInt64.self) }
            key.copy(to: bytes + header)
            attributes.copy(to: bytes + header + key.count)
        }
        return builder
    }

    /// Starts an entry that is to take the place of this one: with its key, its attributes and room for its deadline.
    public func startSuccessor(hasDeadline: Bool, valueCount: Int, maximumValueCount: Int) -> BytesBuilder {
        key.withBorrowedBytes { key in
            attributes.withBorrowedBytes { attributes in
                Self.start(
                    key: key, attributes: attributes, hasDeadline: hasDeadline, valueCount: valueCount,
                    maximumValueCount: maximumValueCount)
            }
        }
    }

    /// Finishes what `start` began, with all bytes appended since as the value. O(1); see `BytesBuilder.freeze()`.
    public init(sealing builder: consuming BytesBuilder) {
        let bytes = builder.freeze()
        self.init(storage: bytes.storage)
        let valueCount = bytes.count - keyOffset - keyCount - attributesCount
        storage.bytes.storeBytes(of: UInt32(valueCount), toByteOffset: 8, as: UInt32.self)
    }
}
