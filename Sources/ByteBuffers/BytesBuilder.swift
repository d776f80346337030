/// Bytes under construction: unique, growing up to a limit, and frozen into `SharedBytes` without a copy.
///
/// An upload is written straight into the allocation that will be served later.
@safe public struct BytesBuilder: ~Copyable {
    private var storage: ByteStorage
    /// Bytes that fit without growing.
    private(set) var capacity: Int
    private let expected: Int
    /// The most bytes that the builder takes.
    public let limit: Int
    /// The bytes appended so far.
    public private(set) var count = 0

    /// The most bytes that are allocated before the first has come.
    public static let maximumAdvance = 1 << 20

    /// A builder for `capacity` bytes, that grows beyond them, up to `limit`. One `malloc`; for more than `maximumAdvance`
    /// bytes another, and a copy of so many, once these have come: a promise alone is worth no more memory.
    ///
    /// - Precondition: `0 <= capacity <= limit`.
    public init(capacity: Int, limit: Int) {
        precondition(capacity >= 0 && capacity <= limit, "capacity \(capacity) of at most \(limit)")
        expected = capacity
        self.capacity = min(capacity, Self.maximumAdvance)
        storage = ByteStorage.allocate(capacity: self.capacity)
        self.limit = limit
    }

    /// Appends a copy of `bytes`. Amortised O(n).
    ///
    /// - Returns: false, with nothing appended, if that would exceed `limit`.
    public mutating func append(_ bytes: BorrowedBytes) -> Bool {
        guard bytes.count <= limit - count else { return false }
        if bytes.count > capacity - count { grow(toHold: count + bytes.count) }
        bytes.copy(to: storage.bytes + count)
        count += bytes.count
        return true
    }

    /// Appends what `body` writes into exactly `length` bytes of memory. `body` must write them all.
    public mutating func append(length: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
        precondition(length >= 0 && length <= limit - count, "\(length) bytes on \(count) of at most \(limit)")
        if length > capacity - count { grow(toHold: count + length) }
        body(UnsafeMutableRawBufferPointer(start: storage.bytes + count, count: length))
        count += length
    }

    /// The finished bytes. O(1); O(n) once where the length was not known beforehand and more bytes than 64 and an eighth
    /// of the count would stay unused for as long as the bytes live.
    public consuming func freeze() -> SharedBytes {
        if capacity - count > 64 + count / 8 { reallocate(capacity: count) }
        return SharedBytes(storage: storage, offset: 0, count: count)
    }

    private mutating func grow(toHold needed: Int) {
        reallocate(capacity: min(limit, max(needed, expected > capacity ? expected : capacity * 2, 256)))
    }

    private mutating func reallocate(capacity newCapacity: Int) {
        let larger = ByteStorage.allocate(capacity: newCapacity)
        larger.bytes.copyMemory(from: storage.bytes, byteCount: count)
        storage = larger
        capacity = newCapacity
    }
}
