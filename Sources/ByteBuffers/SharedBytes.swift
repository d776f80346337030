/// An immutable run of bytes whose copy is a reference count and whose slice is free.
///
/// Copies and slices share one allocation, which lives until its last owner is gone. `@unchecked Sendable` because
/// nobody writes to storage that is shared: see `ByteStorage`.
@safe public struct SharedBytes: @unchecked Sendable {
    /// What the reference count counts: the allocation that the bytes lie in.
    public let storage: ByteStorage
    @usableFromInline let offset: Int
    /// Number of bytes.
    public let count: Int

    /// The bytes `offset ..< offset + count` of `storage`, which must have been written before. O(1).
    @inlinable
    public init(storage: ByteStorage, offset: Int, count: Int) {
        self.storage = storage
        self.offset = offset
        self.count = count
    }

    /// A new allocation, of this class, with a copy of `bytes`. O(n).
    public init(copying bytes: some Collection<UInt8>, storage: ByteStorage.Type = ByteStorage.self) {
        let storage = storage.allocate(capacity: bytes.count)
        let target = UnsafeMutableRawBufferPointer(start: storage.bytes, count: bytes.count)
        target.copyBytes(from: bytes)
        self.init(storage: storage, offset: 0, count: bytes.count)
    }

    /// Whether there are no bytes.
    @inlinable
    public var isEmpty: Bool { count == 0 }

    /// The bytes in `range` of these, sharing the allocation. O(1).
    ///
    /// - Precondition: `range` lies within `0 ..< count`.
    @inlinable
    public func slice(_ range: Range<Int>) -> SharedBytes {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count, "slice \(range) of \(count) bytes")
        return SharedBytes(storage: storage, offset: offset + range.lowerBound, count: range.count)
    }

    /// Calls `body` with the bytes as a view that is valid until `body` returns. O(1).
    @inlinable
    public func withBorrowedBytes<Result: ~Copyable, Failure: Error>(
        _ body: (BorrowedBytes) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(storage) {} }
        return try body(BorrowedBytes(UnsafeRawBufferPointer(start: storage.bytes + offset, count: count)))
    }

    /// Lends the bytes to C: the pointer, and an owner that is retained until `endLoan(_:)` is called with it,
    /// exactly once, on any thread. O(1).
    @inlinable
    public func lend() -> (bytes: UnsafeRawPointer, owner: UnsafeMutableRawPointer) {
        (UnsafeRawPointer(storage.bytes + offset), Unmanaged.passRetained(storage).toOpaque())
    }

    /// Gives back what `lend()` lent; frees the allocation if nobody else owns it.
    @inlinable
    public static func endLoan(_ owner: UnsafeMutableRawPointer) {
        Unmanaged<ByteStorage>.fromOpaque(owner).release()
    }
}

extension SharedBytes: Equatable {
    /// Equal bytes, wherever they lie. O(n).
    public static func == (left: SharedBytes, right: SharedBytes) -> Bool {
        left.withBorrowedBytes { left in right.withBorrowedBytes { left == $0 } }
    }
}
