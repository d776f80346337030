public import ByteBuffers

/// What the store keeps for a key: header, key, attributes and value in one reference-counted allocation, laid out as
/// `EntryMemory` says.
///
/// A copy is one more owner. Everything but version, deadline and use is fixed when the entry is sealed; the shard writes the
/// version under its lock, before anybody else can see the entry, and the others, which are atomics, whenever they
/// change. `@unchecked Sendable` because of that.
public struct Entry: @unchecked Sendable {
    /// An `EntryStorage`.
    @usableFromInline let storage: ByteStorage

    /// The deadline of what never expires.
    @inlinable
    public static var never: UInt64 { .max }
    /// The largest value that the header can describe, in bytes.
    public static let maximumValueCount = Int(UInt32.max)
    /// The most attributes, in bytes.
    public static let maximumAttributesCount = 4095

    init(storage: ByteStorage) { self.storage = storage }

    /// The entry's memory, which lives as long as the entry.
    @inlinable
    @inline(__always)
    var memory: EntryMemory { EntryMemory(start: storage.bytes) }

    /// Changes with every write of the key; never the same again for one key while the store lives.
    @inlinable
    public var version: UInt64 { memory.version }

    /// The value, sharing the allocation. O(1).
    @inlinable
    @inline(__always)
    public var value: SharedBytes {
        SharedBytes(storage: storage, offset: memory.valueOffset, count: memory.valueCount)
    }

    /// What came with the value, as bytes that only the caller understands; empty where nothing did. O(1).
    @inlinable
    @inline(__always)
    public var attributes: SharedBytes {
        SharedBytes(storage: storage, offset: memory.attributesOffset, count: memory.attributesCount)
    }

    /// The attributes, and the value right behind them, sharing the allocation. O(1).
    @inlinable
    @inline(__always)
    public var attributesAndValue: SharedBytes {
        SharedBytes(
            storage: storage, offset: memory.attributesOffset, count: memory.attributesCount + memory.valueCount)
    }

    /// The same, with this owner's reference instead of one more. O(1).
    @inlinable
    @inline(__always)
    public consuming func takeAttributesAndValue() -> SharedBytes {
        let (offset, count) = (memory.attributesOffset, memory.attributesCount + memory.valueCount)
        return SharedBytes(storage: storage, offset: offset, count: count)
    }

    /// Bytes of the attributes. O(1).
    @inlinable
    public var attributesCount: Int { memory.attributesCount }

    /// The key. O(1).
    @inlinable
    public var key: SharedBytes {
        SharedBytes(storage: storage, offset: memory.keyOffset, count: memory.keyCount)
    }

    /// Whether the entry has room for a deadline, be it `never`.
    @inlinable
    public var hasDeadline: Bool { memory.hasDeadline }

    /// When the entry expires, in nanoseconds of the store's clock, or `never`. May be moved at any time.
    public var deadline: UInt64 { memory.deadline }

    /// Moves the deadline. O(1).
    ///
    /// - Precondition: the entry has room for one; the caller holds the lock, or nobody else has seen the entry.
    public func setDeadline(_ deadline: UInt64) { memory.setDeadline(deadline) }
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
    ///   - allowance: what the builder's growth counts against.
    /// - Precondition: the key has 1 to 65,535 bytes, the attributes at most `maximumAttributesCount`, and
    ///   `valueCount <= maximumValueCount <= Entry.maximumValueCount`.
    public static func start(
        key: BorrowedBytes, attributes: BorrowedBytes, hasDeadline: Bool, valueCount: Int, maximumValueCount: Int,
        allowance: (any BuilderAllowance)? = nil
    ) -> BytesBuilder {
        precondition(maximumValueCount <= Self.maximumValueCount, "values of up to \(maximumValueCount) bytes")
        precondition(key.count > 0 && key.count <= Int(UInt16.max), "a key of \(key.count) bytes")
        precondition(attributes.count <= maximumAttributesCount, "attributes of \(attributes.count) bytes")
        let header = EntryMemory.headerCount + (hasDeadline ? EntryMemory.deadlineCount : 0)
        let prefix = header + key.count + attributes.count
        var builder = BytesBuilder(
            capacity: prefix + valueCount, limit: prefix + maximumValueCount, storage: EntryStorage.self,
            allowance: allowance)
        builder.append(length: prefix) { memory in
            let bytes = memory.baseAddress!
            EntryMemory(start: bytes).writeHeader(
                keyCount: key.count, attributesCount: attributes.count, hasDeadline: hasDeadline)
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
        memory.valueCount = bytes.count - memory.valueOffset
    }
}

extension Entry {
    /// Whether nobody owns the entry but this value. One look at the reference count.
    mutating func isUniquelyOwned() -> Bool {
        // An entry is its storage and nothing else, but that is constant, and the question wants to write.
        withUnsafeMutablePointer(to: &self) { entry in
            entry.withMemoryRebound(to: ByteStorage.self, capacity: 1) { isKnownUniquelyReferenced(&$0.pointee) }
        }
    }
}
