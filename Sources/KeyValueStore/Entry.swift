public import ByteBuffers

/// What the store keeps for a key: header, key, content type and value in one reference-counted allocation.
///
/// A copy is one more owner. Everything but the version is fixed when the entry is sealed; the shard writes the version
/// under its lock, before anybody else can see the entry. `@unchecked Sendable` because of that.
///
/// Layout of the allocation, in bytes:
///
///     0  version             UInt64
///     8  count of the value  UInt32
///     12 count of the key    UInt16
///     14 count of the type   UInt8
///     15 unused
///     16 key, content type, value
public struct Entry: @unchecked Sendable {
    let storage: ByteStorage

    /// Bytes in front of the key.
    static let headerCount = 16
    /// The largest value that the header can describe, in bytes.
    public static let maximumValueCount = Int(UInt32.max)
    /// The largest content type, in bytes.
    public static let maximumContentTypeCount = Int(UInt8.max)

    init(storage: ByteStorage) { self.storage = storage }

    /// Changes with every write of the key; never the same again for one key while the store lives.
    public var version: UInt64 { storage.bytes.load(as: UInt64.self) }

    /// The value, sharing the allocation. O(1).
    public var value: SharedBytes {
        SharedBytes(storage: storage, offset: Self.headerCount + keyCount + contentTypeCount, count: valueCount)
    }

    /// The content type that came with the value, or nil. O(1).
    public var contentType: SharedBytes? {
        let count = contentTypeCount
        return count == 0 ? nil : SharedBytes(storage: storage, offset: Self.headerCount + keyCount, count: count)
    }

    /// The key. O(1).
    public var key: SharedBytes { SharedBytes(storage: storage, offset: Self.headerCount, count: keyCount) }

    var valueCount: Int { Int(storage.bytes.load(fromByteOffset: 8, as: UInt32.self)) }
    var keyCount: Int { Int(storage.bytes.load(fromByteOffset: 12, as: UInt16.self)) }
    private var contentTypeCount: Int { Int(storage.bytes.load(fromByteOffset: 14, as: UInt8.self)) }

    /// The key as a view of memory that lives as long as the entry.
    var keyBytes: BorrowedBytes {
        BorrowedBytes(UnsafeRawBufferPointer(start: storage.bytes + Self.headerCount, count: keyCount))
    }

    /// - Precondition: only the caller owns the entry, or the caller holds the lock and nobody has seen it yet.
    func setVersion(_ version: UInt64) { storage.bytes.storeBytes(of: version, as: UInt64.self) }
}

extension Entry {
    /// Starts an entry: the builder holds header, key and content type, and takes the value's bytes after them.
    /// One `malloc`, and no more where `valueCount` is right.
    ///
    /// - Parameters:
    ///   - valueCount: bytes of value to expect; 0 where that is not known.
    ///   - maximumValueCount: bytes of value after which the builder refuses more.
    /// - Precondition: the key has 1 to 65,535 bytes, the content type at most `maximumContentTypeCount`, and
    ///   `valueCount <= maximumValueCount <= Entry.maximumValueCount`.
    public static func start(
        key: BorrowedBytes, contentType: BorrowedBytes?, valueCount: Int, maximumValueCount: Int
    ) -> BytesBuilder {
        precondition(maximumValueCount <= Self.maximumValueCount, "values of up to \(maximumValueCount) bytes")
        precondition(key.count > 0 && key.count <= Int(UInt16.max), "a key of \(key.count) bytes")
        let prefix = headerCount + key.count + (contentType?.count ?? 0)
        var builder = BytesBuilder(capacity: prefix + valueCount, limit: prefix + maximumValueCount)
        builder.append(length: headerCount) { header in
            header.storeBytes(of: 0, toByteOffset: 0, as: UInt64.self)
            header.storeBytes(of: 0, toByteOffset: 8, as: UInt32.self)
            header.storeBytes(of: UInt16(key.count), toByteOffset: 12, as: UInt16.self)
            header.storeBytes(of: UInt8(contentType?.count ?? 0), toByteOffset: 14, as: UInt8.self)
            header.storeBytes(of: 0, toByteOffset: 15, as: UInt8.self)
        }
        _ = builder.append(key)
        if let contentType { _ = builder.append(contentType) }
        return builder
    }

    /// Finishes what `start` began, with all bytes appended since as the value. O(1); see `BytesBuilder.freeze()`.
    public init(sealing builder: consuming BytesBuilder) {
        let bytes = builder.freeze()
        self.init(storage: bytes.storage)
        let valueCount = bytes.count - Self.headerCount - keyCount - contentTypeCount
        storage.bytes.storeBytes(of: UInt32(valueCount), toByteOffset: 8, as: UInt32.self)
    }
}
