/// The field lines of a request that this service acts on, in the order they came: a view of memory that the connection
/// owns, valid during the call that hands it out.
@safe public struct FieldList: @unchecked Sendable {
    // `@unchecked` because a view only reads, as `BorrowedBytes` does.
    @usableFromInline let lines: UnsafeBufferPointer<Request.Field>

    /// Views `lines`, which stay the caller's.
    @inlinable
    public init(_ lines: UnsafeBufferPointer<Request.Field>) { unsafe self.lines = unsafe lines }
}

extension FieldList: RandomAccessCollection {
    /// The position of the first line: 0.
    @inlinable
    public var startIndex: Int { 0 }

    /// The number of lines.
    @inlinable
    public var endIndex: Int { unsafe lines.count }

    /// The line at `position`. O(1).
    @inlinable
    public subscript(position: Int) -> Request.Field {
        precondition(position >= 0 && position < endIndex, "line \(position) of \(endIndex)")
        return unsafe lines[position]
    }
}

/// Memory for the field lines of one request after another.
@safe public struct FieldBuffer: ~Copyable {
    @usableFromInline var memory = UnsafeMutableBufferPointer<Request.Field>.allocate(capacity: 8)
    @usableFromInline var count = 0
    @usableFromInline var knownNames = FieldNameSet()

    /// No lines.
    public init() {}

    deinit { unsafe memory.deallocate() }

    /// The names of all lines.
    public var names: FieldNameSet { knownNames }

    /// The lines, as a view that is valid until the next change.
    public var list: FieldList {
        unsafe FieldList(UnsafeBufferPointer(start: memory.baseAddress, count: count))
    }

    /// Adds a line. Amortised O(1).
    @inlinable
    @inline(__always)
    public mutating func append(_ line: Request.Field) {
        if unsafe count == memory.count { grow() }
        unsafe memory.initializeElement(at: count, to: line)
        count += 1
        knownNames.insert(FieldNameSet(line.name))
    }

    /// Forgets all lines, and keeps the memory.
    public mutating func removeAll() {
        count = 0
        knownNames = []
    }

    @usableFromInline
    mutating func grow() {
        let larger = unsafe UnsafeMutableBufferPointer<Request.Field>.allocate(capacity: 2 * memory.count)
        _ = unsafe larger.initialize(fromContentsOf: memory)
        unsafe memory.deallocate()
        unsafe memory = unsafe larger
    }
}
