public import ByteBuffers

/// A request as the handler sees it: views of memory that the connection owns, valid during the call only.
public struct Request: Sendable {
    /// The method.
    public let method: Method
    /// The request target, taken apart.
    public let target: RequestTarget
    /// The fields that this service acts on, in the order they came; all others are left out.
    public let fields: FieldList
    /// The names of the fields.
    public let names: FieldNameSet
    /// The length that `Content-Length` announces, or nil where there is none or it is not a number. The greatest `Int`
    /// stands for every length above it.
    public private(set) var announcedLength: Int?

    /// A request of these parts. O(bytes of the target).
    public init(method: Method, target: BorrowedBytes, fields: borrowing FieldBuffer) {
        self.method = method
        self.target = RequestTarget(target, method: method)
        self.fields = fields.list
        names = fields.names
        announcedLength = nil
        if has(.contentLength) { announcedLength = first(.contentLength).flatMap { Self.length($0) } }
    }

    /// Whether the handler decides what becomes of the content: it may bring a value, or too much of something else.
    @inlinable
    public var mayBringContent: Bool {
        method == .put || method == .post || has(.contentLength)
    }

    /// Whether there is a field line with this name. O(1).
    @inlinable
    @inline(__always)
    public func has(_ name: FieldName) -> Bool { names.contains(FieldNameSet(name)) }

    /// One field line.
    public struct Field: Sendable {
        /// The name.
        public let name: FieldName
        /// The name as it came, in its own case.
        public let text: BorrowedBytes
        /// The value, without white space at both ends.
        public let value: BorrowedBytes

        /// A field line of these parts.
        @inlinable
        public init(name: FieldName, text: BorrowedBytes, value: BorrowedBytes) {
            self.name = name
            self.text = text
            self.value = value.trimmed
        }
    }

    /// The value of the first field line with this name, or nil.
    @inlinable
    public func first(_ name: FieldName) -> BorrowedBytes? {
        guard has(name) else { return nil }
        // By position, which costs a third of what an iterator does.
        for position in 0..<fields.count where fields[position].name == name { return fields[position].value }
        return nil
    }

    private static func length(_ value: BorrowedBytes) -> Int? {
        if value.isEmpty { return nil }
        var length = 0
        for position in 0..<value.count {
            let byte = value[position]
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            // Eighteen digits fit, and one more is certain not to be less.
            length = length < 100_000_000_000_000_000 ? length * 10 + Int(byte - 0x30) : .max
        }
        return length
    }

    /// Whether the client waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1).
    public var expectsContinue: Bool {
        first(.expect)?.equalsIgnoringCase("100-continue") ?? false
    }
}
