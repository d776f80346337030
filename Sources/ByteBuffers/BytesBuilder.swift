/// What the memory of a `BytesBuilder` counts against. Released with the builder, however that ends.
public protocol BuilderAllowance: AnyObject, Sendable {
    /// Asked before the builder takes `capacity` bytes in all instead of what it has.
    ///
    /// - Returns: whether it may.
    func allows(capacity: Int) -> Bool
}

/// Bytes under construction: unique, growing up to a limit, and frozen into `SharedBytes` without a copy.
///
/// An upload is written straight into the allocation that will be served later.
@safe public struct BytesBuilder: ~Copyable {
    @usableFromInline var allocation: Allocation
    /// Bytes that fit without growing.
    @usableFromInline var capacity: Int
    @usableFromInline let expected: Int
    @usableFromInline var written = 0
    @usableFromInline let allowance: (any BuilderAllowance)?
    /// Whether bytes were refused because the allowance had no memory for them.
    public private(set) var wasDenied = false
    /// The most bytes that the builder takes.
    public let limit: Int
    /// The number of bytes appended so far.
    @inlinable
    public var count: Int { written }

    /// The most bytes that are allocated before the first has come.
    @inlinable
    public static var maximumAdvance: Int { 4 << 20 }

    /// From so much on, pieces of at least `streamedPiece` bytes are written past the processor's caches.
    @inlinable
    static var streamedCapacity: Int { 256 << 10 }

    /// Small pieces, as batches and listings are made of, would not be worth the fence that follows each.
    @inlinable
    static var streamedPiece: Int { 4 << 10 }

    /// A builder for `capacity` bytes, that grows beyond them, up to `limit`. One `malloc`; for more than `maximumAdvance`
    /// bytes another, and a copy of so many, once these have come: a promise alone is worth no more memory.
    ///
    /// - Parameters:
    ///   - storage: the class of the allocations.
    ///   - allowance: asked whenever the builder has to grow beyond `capacity`; nil where it may.
    /// - Precondition: `0 <= capacity <= limit`.
    @inlinable
    public init(
        capacity: Int, limit: Int, storage: ByteStorage.Type = ByteStorage.self,
        allowance: (any BuilderAllowance)? = nil
    ) {
        precondition(capacity >= 0 && capacity <= limit, "capacity \(capacity) of at most \(limit)")
        expected = capacity
        self.capacity = min(capacity, Self.maximumAdvance)
        allocation = Allocation(of: storage, capacity: self.capacity)
        self.allowance = allowance
        self.limit = limit
    }

    /// Appends a copy of `bytes`. Amortised O(n).
    ///
    /// - Returns: false, with nothing appended, if that would exceed `limit`, or where `wasDenied` says so.
    @inlinable
    public mutating func append(_ bytes: BorrowedBytes) -> Bool {
        guard bytes.count <= limit - count else { return false }
        if bytes.count > capacity - count, !grow(toHold: count + bytes.count) { return false }
        if capacity < Self.streamedCapacity || bytes.count < Self.streamedPiece {
            bytes.copy(to: allocation.bytes + count)
        } else {
            bytes.copyStreaming(to: allocation.bytes + count)
        }
        written += bytes.count
        return true
    }

    /// Appends what `body` writes into exactly `length` bytes of memory. `body` must write them all.
    ///
    /// - Precondition: they fit, and the builder's allowance has memory for them.
    @inlinable
    @inline(__always)
    public mutating func append(length: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
        precondition(length >= 0 && length <= limit - count, "\(length) bytes on \(count) of at most \(limit)")
        if length > capacity - count {
            let isAllowed = grow(toHold: count + length)
            precondition(isAllowed, "no memory for \(length) bytes on \(count)")
        }
        body(UnsafeMutableRawBufferPointer(start: allocation.bytes + count, count: length))
        written += length
    }

    /// The finished bytes. O(1); O(n) once where the length was not known beforehand and more bytes than 64 and an eighth
    /// of the count would stay unused for as long as the bytes live.
    @inlinable
    @inline(__always)
    public consuming func freeze() -> SharedBytes {
        if capacity - count > 64 + count / 8 { reallocate(capacity: count) }
        let count = count
        return SharedBytes(storage: allocation.takeStorage(), offset: 0, count: count)
    }

    @usableFromInline
    mutating func grow(toHold needed: Int) -> Bool {
        let larger = min(limit, max(needed, expected > capacity ? expected : capacity * 2, 256))
        // What is expected was asked for by whoever made the builder.
        if let allowance, larger > expected, !allowance.allows(capacity: larger) {
            wasDenied = true
            return false
        }
        reallocate(capacity: larger)
        return true
    }

    @usableFromInline
    mutating func reallocate(capacity newCapacity: Int) {
        let larger = Allocation(of: allocation.storageClass, capacity: newCapacity)
        larger.bytes.copyMemory(from: allocation.bytes, byteCount: count)
        allocation = larger
        capacity = newCapacity
    }
}

extension BytesBuilder {
    /// The only reference to storage under construction. Written through a pointer and handed over as it is, so that building
    /// counts no references, as it does where the compiler keeps a `ByteStorage` alive around what it cannot see into.
    @frozen
    @usableFromInline
    struct Allocation: ~Copyable {
        @usableFromInline let owner: Unmanaged<ByteStorage>
        @usableFromInline let bytes: UnsafeMutableRawPointer

        @inlinable
        init(of storageClass: ByteStorage.Type, capacity: Int) {
            let storage = storageClass.allocate(capacity: capacity)
            bytes = storage.bytes
            owner = Unmanaged.passRetained(storage)
        }

        @inlinable
        deinit { owner.release() }

        @inlinable var storageClass: ByteStorage.Type { owner._withUnsafeGuaranteedRef { type(of: $0) } }

        /// The storage, whose reference the caller owns from then on.
        @inlinable
        @inline(__always)
        consuming func takeStorage() -> ByteStorage {
            let owner = owner
            discard self
            return owner.takeRetainedValue()
        }
    }
}
