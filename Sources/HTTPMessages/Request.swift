public import ByteBuffers

/// A request as the handler sees it: views of memory that the connection owns, valid during the call only.
public struct Request: Sendable {
    /// The method.
    public let method: Method
    /// The request target, as it came.
    public let target: BorrowedBytes
    /// The fields that this service acts on, in the order they came; all others are left out.
    public let fields: [Field]
    /// The names of the fields.
    public let names: FieldNameSet

    /// A request of these parts; `names` are those of the fields.
    @inlinable
    public init(method: Method, target: BorrowedBytes, fields: [Field], names: FieldNameSet) {
        self.method = method
        self.target = target
        self.fields = fields
        self.names = names
    }

    /// A request of these parts. O(fields).
    public init(method: Method, target: BorrowedBytes, fields: [Field]) {
        let names = fields.reduce(into: FieldNameSet()) { $0.insert(FieldNameSet($1.name)) }
        self.init(method: method, target: target, fields: fields, names: names)
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
        for field in fields where field.name == name { return field.value }
        return nil
    }

    /// The length that `Content-Length` announces, or nil where there is none or it is not a number. The greatest `Int`
    /// stands for every length above it.
    public var announcedLength: Int? {
        guard let value = first(.contentLength), !value.isEmpty else { return nil }
        var length = 0
        for byte in value {
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
