import CStreamingCopy
public import Glibc

/// A view of bytes that somebody else owns: valid only during the call that handed it out, never to be stored
/// beyond it. Comparisons are of bytes, so two spellings of one Unicode text differ.
///
/// Every access is checked against `count`. `@unchecked Sendable` because a view only reads, and a lock's closure
/// may take one along; what it must not do is outlive the call.
@safe public struct BorrowedBytes: @unchecked Sendable {
    @usableFromInline let buffer: UnsafeRawBufferPointer

    /// Views `buffer`, which stays the caller's.
    @inlinable
    public init(_ buffer: UnsafeRawBufferPointer) { self.buffer = buffer }

    /// Views a literal, which is never freed.
    @inlinable
    public init(_ literal: StaticString) {
        buffer = UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    /// Calls `body` with the memory itself.
    @inlinable
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(buffer)
    }

    /// Copies the bytes to memory that has room for them. O(n).
    @inlinable
    public func copy(to memory: UnsafeMutableRawPointer) {
        if let start = buffer.baseAddress { memory.copyMemory(from: start, byteCount: buffer.count) }
    }

    /// Copies the bytes to memory that has room for them, past the processor's caches: for memory that is larger than these, and
    /// read later. O(n).
    public func copyStreaming(to memory: UnsafeMutableRawPointer) {
        if let start = buffer.baseAddress { latchkey_copy_streaming(memory, start, buffer.count) }
    }

    /// The bytes in `range`. O(1).
    @inlinable
    public func slice(_ range: Range<Int>) -> BorrowedBytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "slice \(range) of \(count) bytes")
        return BorrowedBytes(UnsafeRawBufferPointer(rebasing: buffer[range]))
    }

    /// The position of the first `byte`, or nil. O(n), `memchr`.
    @inlinable
    public func firstPosition(of byte: UInt8) -> Int? {
        guard let base = buffer.baseAddress, count > 0, let found = memchr(base, Int32(byte), count) else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// Whether the first bytes are those of `literal`. O(n).
    @inlinable
    @inline(__always)
    public func starts(with literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        return count >= length && (length == 0 || memcmp(buffer.baseAddress!, literal.utf8Start, length) == 0)
    }

    /// Whether the first bytes are those of `prefix`. O(n).
    public func starts(with prefix: BorrowedBytes) -> Bool {
        count >= prefix.count && slice(0..<prefix.count) == prefix
    }

    /// Whether the bytes are those of `literal`. O(n).
    @inlinable
    @inline(__always)
    public static func == (left: BorrowedBytes, literal: StaticString) -> Bool {
        left.count == literal.utf8CodeUnitCount && left.starts(with: literal)
    }

    /// Whether the bytes are those of `literal`, without regard to the case of ASCII letters. `literal` is of lower-case
    /// letters, digits and what lies below the letters. O(n), eight bytes at a time.
    ///
    /// Inlined, so that the literal is known and all of it comes down to a few comparisons with constants.
    @inlinable
    @inline(__always)
    public func equalsIgnoringCase(_ literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard count == length else { return false }
        let expected = UnsafeRawPointer(literal.utf8Start)
        if length == 4 {
            let word = buffer.loadUnaligned(as: UInt32.self)
            let letters = expected.loadUnaligned(as: UInt32.self)
            return (word ^ letters) & ~((letters & 0x4040_4040) >> 1) == 0
        }
        if length < 8 {
            var position = 0
            while position < length {
                let letter = expected.load(fromByteOffset: position, as: UInt8.self)
                if (buffer[position] ^ letter) & ~((letter & 0x40) >> 1) != 0 { return false }
                position += 1
            }
            return true
        }
        var position = 0
        while true {
            let word = buffer.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let letters = expected.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            // Case is one bit, and only bytes with this other bit are letters.
            let caseBits = (letters & 0x4040_4040_4040_4040) >> 1
            if (word ^ letters) & ~caseBits != 0 { return false }
            if position == length - 8 { return true }
            // The last eight bytes may be some that were compared already.
            position = Swift.min(position + 8, length - 8)
        }
    }

    /// The bytes without spaces and tabs at both ends. O(n).
    @inlinable
    public var trimmed: BorrowedBytes {
        // What mostly comes has none.
        if count > 0, self[0] > 0x20, self[count - 1] > 0x20 { return self }
        return trimmedByLooking
    }

    @usableFromInline
    var trimmedByLooking: BorrowedBytes {
        var start = 0
        var end = count
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
        while end > start, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return slice(start..<end)
    }
}

extension BorrowedBytes: RandomAccessCollection {
    /// The position of the first byte: 0.
    @inlinable
    public var startIndex: Int { 0 }

    /// The number of bytes.
    @inlinable
    public var endIndex: Int { buffer.count }

    /// The number of bytes. O(1).
    ///
    /// Not left to the standard library, whose way to it builds a range: where nothing is optimised, that has all threads
    /// wait for one lock of the runtime.
    @inlinable
    public var count: Int { buffer.count }

    /// The byte at `position`. O(1).
    @inlinable
    public subscript(position: Int) -> UInt8 {
        precondition(position >= 0 && position < buffer.count, "byte \(position) of \(buffer.count)")
        return buffer[position]
    }
}

extension BorrowedBytes {
    /// Lets the standard library copy and compare the bytes as a block.
    @inlinable
    public func withContiguousStorageIfAvailable<Result>(
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result? {
        try buffer.withMemoryRebound(to: UInt8.self) { try body($0) }
    }
}

extension BorrowedBytes: Equatable {
    /// Equal bytes, wherever they lie. O(n).
    @inlinable
    public static func == (left: BorrowedBytes, right: BorrowedBytes) -> Bool {
        left.count == right.count
            && (left.count == 0 || memcmp(left.buffer.baseAddress!, right.buffer.baseAddress!, left.count) == 0)
    }
}
