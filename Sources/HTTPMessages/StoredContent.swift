public import ByteBuffers

/// A stored value, or a part of it, with the field lines that it is kept with. Both lie in one allocation, so that one
/// reference keeps them.
public struct StoredContent: Sendable {
    /// The lines, and the value up to the last byte of the part.
    @usableFromInline let bytes: SharedBytes
    @usableFromInline let linesCount: Int
    @usableFromInline let start: Int

    /// All of a value.
    ///
    /// - Parameter bytes: field lines, each after a CRLF, as `Request.withStoredFields` makes them, `linesCount` bytes;
    ///   then the value.
    @inlinable
    public init(_ bytes: consuming SharedBytes, linesCount: Int) {
        precondition(linesCount >= 0 && linesCount <= bytes.count, "\(linesCount) bytes of lines in \(bytes.count)")
        self.bytes = bytes
        self.linesCount = linesCount
        start = linesCount
    }

    /// The bytes in `part` of `whole`, which is all of a value. O(1).
    public init(_ part: Range<Int>, of whole: StoredContent) {
        let lines = whole.linesCount
        bytes = whole.bytes.slice(0..<lines + part.upperBound)
        linesCount = lines
        start = lines + part.lowerBound
    }

    /// Number of bytes of the value, or the part of it.
    @inlinable
    public var count: Int { bytes.count - start }

    /// Whether there are field lines.
    @inlinable
    public var hasLines: Bool { linesCount > 0 }

    /// The value, or the part of it, sharing the allocation. O(1).
    @inlinable
    public var content: SharedBytes { bytes.slice(start..<bytes.count) }

    /// Calls `body` with the value, or the part of it. O(1).
    @inlinable
    @inline(__always)
    public func withContent<Result>(_ body: (BorrowedBytes) -> Result) -> Result {
        bytes.withBorrowedBytes { body($0.slice(start..<$0.count)) }
    }

    /// Calls `body` with the field lines, each after a CRLF. O(1).
    @inlinable
    @inline(__always)
    public func withLines(_ body: (BorrowedBytes) -> Void) {
        bytes.withBorrowedBytes { body($0.slice(0..<linesCount)) }
    }
}
