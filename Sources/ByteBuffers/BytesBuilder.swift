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
    @usableFromInline var written = 0
    @usableFromInline let allowance: (any BuilderAllowance)?
    /// What was filled before the current allocation; nil where that has everything.
    @usableFromInline var earlier: FilledSegments?
    /// Whether bytes were refused because the allowance had no memory for them.
    public private(set) var wasDenied = false
    /// The most bytes that the builder takes.
    public let limit: Int
    /// The number of bytes appended so far.
    @inlinable
    public var count: Int { written }

    /// From so much on, growth leaves what is there where it is, and continues in other allocations of as much: no append copies more.
    @usableFromInline static var segmentCount: Int { 1 << 20 }

    /// From so much on, pieces of at least `streamedPiece` bytes are written past the processor's caches.
    @inlinable
    static var streamedCapacity: Int { 256 << 10 }

    /// Small pieces, as batches and listings are made of, would not be worth the fence that follows each.
    @inlinable
    static var streamedPiece: Int { 4 << 10 }

    /// A builder for `capacity` bytes, that grows beyond them, up to `limit`. One `malloc`, and no copy as long as no more come. The
    /// system gives the memory of a large one only as it is written, so a promise alone costs addresses.
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
        self.capacity = capacity
        allocation = Allocation(of: storage, capacity: capacity)
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

    /// Whether the bytes lie in several allocations, because there are many and their number was not known beforehand.
    @inlinable
    public var isInPieces: Bool { earlier != nil }

    /// The finished bytes. O(1); O(n) once where they are in pieces, or the length was not known beforehand and more bytes than 64 and
    /// an eighth of the count would stay unused for as long as the bytes live.
    @inlinable
    @inline(__always)
    public consuming func freeze() -> SharedBytes {
        if isInPieces || capacity - count > 64 + count / 8 { reallocate(capacity: count) }
        let count = count
        return SharedBytes(storage: allocation.takeStorage(), offset: 0, count: count)
    }

    @usableFromInline
    mutating func grow(toHold needed: Int) -> Bool {
        let continues = capacity >= Self.segmentCount
        let larger = min(limit, max(needed, continues ? count + Self.segmentCount : capacity * 2, 256))
        if let allowance, !allowance.allows(capacity: larger) {
            wasDenied = true
            return false
        }
        if continues { addSegment(capacity: larger) } else { reallocate(capacity: larger) }
        return true
    }

    @usableFromInline
    mutating func reallocate(capacity newCapacity: Int) {
        let larger = Allocation(of: earlier?.storageClass ?? allocation.storageClass, capacity: newCapacity)
        let moved = earlier.take()?.move(to: larger.bytes) ?? 0
        (larger.bytes + moved).copyMemory(from: allocation.bytes + moved, byteCount: count - moved)
        allocation = larger
        capacity = newCapacity
    }

    /// Continues in another allocation, so that there is room for `newCapacity` bytes in all.
    private mutating func addSegment(capacity newCapacity: Int) {
        let next = Allocation(of: ByteStorage.self, capacity: newCapacity - count, position: count)
        let filled = exchange(&allocation, with: next).takeStorage()
        let segments = earlier ?? FilledSegments()
        segments.append(filled, upTo: count)
        earlier = segments
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
        /// Where the builder's first byte would lie, if all were here.
        @usableFromInline let bytes: UnsafeMutableRawPointer

        /// - Parameter position: that of the first byte in it among the builder's.
        @inlinable
        init(of storageClass: ByteStorage.Type, capacity: Int, position: Int = 0) {
            let storage = storageClass.allocate(capacity: capacity)
            bytes = storage.bytes - position
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

/// The allocations of a builder that are full, in the order of their bytes. Its builder alone uses it.
@usableFromInline
final class FilledSegments {
    private var segments: [ByteStorage] = []
    /// Positions in the builder where each segment ends.
    private var ends: [Int] = []

    fileprivate init() {}

    /// The class of the builder's allocations, which the first has and those in between need not.
    fileprivate var storageClass: ByteStorage.Type { segments.first.map { type(of: $0) } ?? ByteStorage.self }

    /// Adds what ends at `end`.
    fileprivate func append(_ storage: ByteStorage, upTo end: Int) {
        segments.append(storage)
        ends.append(end)
    }

    /// Copies all to where it belongs, with the builder's first byte at `target`, and frees one after the other.
    ///
    /// - Returns: the number of bytes.
    fileprivate func move(to target: UnsafeMutableRawPointer) -> Int {
        var position = 0
        segments.reverse()
        for end in ends {
            let storage = segments.removeLast()
            (target + position).copyMemory(from: storage.bytes, byteCount: end - position)
            withExtendedLifetime(storage) {}
            position = end
        }
        return position
    }
}
