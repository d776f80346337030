public import ByteBuffers

/// A request as the handler sees it: views of memory that the connection owns, valid during the call only.
public struct Request: Sendable {
    /// The method.
    public let method: Method
    /// Its name as it came, which tells the unknown ones apart.
    public let methodName: BorrowedBytes
    /// The request target, taken apart.
    public let target: RequestTarget
    /// `Host`; empty where there is none.
    public let host: BorrowedBytes
    /// The other fields that this service acts on, in the order they came; all others are left out.
    public let fields: FieldList
    /// The names of the fields.
    public let names: FieldNameSet
    /// The length that `Content-Length` announces, or nil where there is none or it is not a number. The greatest `Int`
    /// stands for every length above it.
    public private(set) var announcedLength: Int?

    /// A request of these parts. O(bytes of the target).
    ///
    /// - Parameters:
    ///   - mayHaveQuery: false where the caller has seen that the target has none.
    ///   - host: the value of `Host`, empty where there is none.
    public init(
        method name: BorrowedBytes, target: BorrowedBytes, mayHaveQuery: Bool = true,
        host: BorrowedBytes = BorrowedBytes(""), fields: borrowing FieldBuffer
    ) {
        method = Method(name: name)
        methodName = name
        self.target = RequestTarget(target, method: method, mayHaveQuery: mayHaveQuery)
        self.host = host
        self.fields = fields.list
        names = fields.names
        announcedLength = nil
        if has(.contentLength) { announcedLength = first(.contentLength).flatMap { Self.length($0) } }
    }

    /// Whether the handler decides what becomes of the content: it may bring a value, or too much of something else, or
    /// wait for leave to bring what nobody wants.
    @inlinable
    public var mayBringContent: Bool {
        method == .put || method == .post || !names.isDisjoint(with: .content)
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

    /// The value of the only field line with this name; nil where there is none or there are several, which no field has
    /// that is not a list (RFC 9110 section 5.3). O(n).
    public func only(_ name: FieldName) -> BorrowedBytes? {
        guard has(name) else { return nil }
        var only: BorrowedBytes?
        for field in fields where field.name == name {
            guard only == nil else { return nil }
            only = field.value
        }
        return only
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
