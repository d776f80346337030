public import ByteBuffers

/// The limits of what is kept with a value beside its bytes.
public enum StoredFields {
    /// The longest `Content-Type`, in bytes.
    public static let maximumContentTypeCount = 255
    /// The longest `Content-Encoding`, in bytes.
    public static let maximumContentEncodingCount = 64
    /// The most bytes that the names and values of all `Latchkey-Meta-*` fields have together.
    public static let maximumMetadataCount = 2048

    /// The most bytes that `Request.withStoredFields` makes of a request.
    public static let maximumCount: Int = {
        // The shortest metadata is a name of 15 bytes and a value of one.
        let lines = maximumMetadataCount / 16
        return lineCount(contentTypeName.utf8CodeUnitCount, maximumContentTypeCount) + policyLineCount
            + lineCount(contentEncodingName.utf8CodeUnitCount, maximumContentEncodingCount)
            + maximumMetadataCount + lines * lineCount(0, 0)
    }()

    /// What a value without a type is sent as, so that it need not be stored.
    fileprivate static let defaultContentType: StaticString = "application/octet-stream"
    fileprivate static let contentTypeName: StaticString = "Content-Type"
    fileprivate static let contentEncodingName: StaticString = "Content-Encoding"

    fileprivate static var policyLineCount: Int {
        lineCount(ActiveContent.policyName.utf8CodeUnitCount, ActiveContent.policy.utf8CodeUnitCount)
    }

    /// The bytes of `Latchkey-Meta-`.
    fileprivate static let metadataPrefixCount = 14

    /// The bytes of CRLF, a name, a colon, a space and a value.
    fileprivate static func lineCount(_ name: Int, _ value: Int) -> Int { name + value + 4 }
}

extension Request {
    /// Calls `body` with the fields that are kept with a value, as they are sent later: for each a CRLF, its name, `: ` and
    /// its value. First `Content-Type`, and behind it the policy for a value that browsers run, then `Content-Encoding`, its elements as one list, then each `Latchkey-Meta-*`
    /// with its name as it came. Nothing where there are none, or the type is what it would be without. At most
    /// `StoredFields.maximumCount` bytes.
    ///
    /// O(bytes), and O(n²) in the lines of metadata, of which the limit admits 128. The bytes lie on the stack.
    ///
    /// - Throws: 400 for a field that is malformed, too long, or given more often than it may be.
    @inlinable
    public func withStoredFields<Result: ~Copyable>(_ body: (BorrowedBytes) -> Result) throws(Problem) -> Result {
        let count = try storedFieldsCount()
        if count == 0 { return body(BorrowedBytes("")) }
        // Unsafe: the memory is written to its end before it is handed on as a view, which ends with the call.
        return unsafe withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { memory in
            unsafe writeStoredFields(into: memory)
            return unsafe body(BorrowedBytes(UnsafeRawBufferPointer(memory)))
        }
    }

    /// The length of all lines together, which have been checked.
    @usableFromInline
    func storedFieldsCount() throws(Problem) -> Int {
        var count = 0
        if has(.contentType), let type = try checkedContentType() {
            count += StoredFields.lineCount(StoredFields.contentTypeName.utf8CodeUnitCount, type.count)
            if type.isTypeOfActiveContent { count += StoredFields.policyLineCount }
        }
        if has(.contentEncoding), case let encodingCount = try checkedContentEncodingCount(), encodingCount > 0 {
            count += StoredFields.lineCount(StoredFields.contentEncodingName.utf8CodeUnitCount, encodingCount)
        }
        if has(.metadata) { count += try checkedMetadataCount() }
        return count
    }

    /// Writes the lines into as many bytes as `storedFieldsCount` has told.
    @usableFromInline
    func writeStoredFields(into memory: UnsafeMutableRawBufferPointer) {
        var block = unsafe FieldBlock(memory: memory)
        if has(.contentType), let type = first(.contentType), isStored(type) {
            block.append("\r\nContent-Type: ")
            block.append(type)
            if type.isTypeOfActiveContent {
                block.appendLine(BorrowedBytes(ActiveContent.policyName), BorrowedBytes(ActiveContent.policy))
            }
        }
        if has(.contentEncoding) { appendContentEncoding(to: &block) }
        if has(.metadata) {
            for field in fields where field.name == .metadata { block.appendLine(field.text, field.value) }
        }
        precondition(block.isFull, "\(block.count) bytes of stored fields, which is not what was counted")
    }

    private func appendContentEncoding(to block: inout FieldBlock) {
        var isFirst = true
        for field in fields where field.name == .contentEncoding {
            for element in field.value.elements(separatedBy: UInt8(ascii: ",")) where !element.isEmpty {
                if isFirst {
                    block.appendLine(BorrowedBytes(StoredFields.contentEncodingName), element)
                    isFirst = false
                } else {
                    block.append(", ")
                    block.append(element)
                }
            }
        }
    }
}

/// Memory that is filled from its start on.
@safe private struct FieldBlock {
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(memory: UnsafeMutableRawBufferPointer) { unsafe self.memory = unsafe memory }

    var isFull: Bool { unsafe count == memory.count }

    mutating func appendLine(_ name: BorrowedBytes, _ value: BorrowedBytes) {
        append("\r\n")
        append(name)
        append(": ")
        append(value)
    }

    mutating func append(_ text: StaticString) { append(BorrowedBytes(text)) }

    mutating func append(_ bytes: BorrowedBytes) {
        let room = unsafe memory.count - count
        precondition(bytes.count <= room, "\(bytes.count) bytes on \(count) of stored fields")
        // Unsafe: the bound was checked, and the source is lent for the length of the call.
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe (memory.baseAddress! + count).copyMemory(from: start, byteCount: source.count)
        }
        count += bytes.count
    }
}

// What may be kept, and how much of it.
extension Request {
    private func checkedContentType() throws(Problem) -> BorrowedBytes? {
        var given: BorrowedBytes?
        for position in 0..<fields.count where fields[position].name == .contentType {
            if let given {
                throw Problem(
                    .badRequest,
                    "Content-Type is given more than once: '\(given.excerpt())' and '\(fields[position].value.excerpt())'"
                )
            }
            given = fields[position].value
        }
        guard let type = given else { return nil }
        let limit = StoredFields.maximumContentTypeCount
        guard type.count <= limit else {
            throw Problem(
                .badRequest, "Content-Type '\(type.excerpt())' has \(byteCount(type.count)); the limit is \(limit)")
        }
        guard isStored(type) else { return nil }
        guard !type.breaksFieldLine else { throw control(in: type, of: BorrowedBytes(StoredFields.contentTypeName)) }
        return type
    }

    private func isStored(_ type: BorrowedBytes) -> Bool {
        !type.isEmpty && !(type == StoredFields.defaultContentType)
    }

    /// The length of all `Content-Encoding` lines as one list (RFC 9110 section 5.2).
    private func checkedContentEncodingCount() throws(Problem) -> Int {
        var count = 0
        for field in fields where field.name == .contentEncoding && !field.value.isEmpty {
            // Empty elements count for nothing, but an empty list beside something is none (RFC 9110 section 5.6.1).
            var hasToken = false
            for element in field.value.elements(separatedBy: UInt8(ascii: ",")) where !element.isEmpty {
                guard element.allSatisfy(\.isTokenCharacter) else { throw notTokens(field.value) }
                count += element.count + (count == 0 ? 0 : 2)
                hasToken = true
            }
            guard hasToken else { throw notTokens(field.value) }
        }
        let limit = StoredFields.maximumContentEncodingCount
        guard count <= limit else {
            let given = first(.contentEncoding)?.excerpt() ?? ""
            throw Problem(
                .badRequest, "Content-Encoding, which begins with '\(given)', has \(count) bytes; the limit is \(limit)"
            )
        }
        return count
    }

    private func notTokens(_ value: BorrowedBytes) -> Problem {
        Problem(.badRequest, "Content-Encoding '\(value.excerpt())' is not a list of tokens such as gzip")
    }

    private func control(in value: BorrowedBytes, of name: BorrowedBytes) -> Problem {
        let place = value.firstIndex { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7f } ?? 0
        return Problem(
            .badRequest, "\(name.excerpt()) '\(value.excerpt())' has a control character, its byte \(place + 1)")
    }

    /// The length of all lines of metadata.
    private func checkedMetadataCount() throws(Problem) -> Int {
        var content = 0
        var lines = 0
        for field in fields where field.name == .metadata {
            content += field.text.count + field.value.count
            lines += 1
        }
        guard content > 0 else { return 0 }
        let limit = StoredFields.maximumMetadataCount
        guard content <= limit else {
            throw Problem(
                .badRequest, "the names and values of Latchkey-Meta-* have \(content) bytes; the limit is \(limit)")
        }
        for index in fields.indices where fields[index].name == .metadata { try checkMetadata(at: index) }
        return content + lines * StoredFields.lineCount(0, 0)
    }

    private func checkMetadata(at index: Int) throws(Problem) {
        let field = fields[index]
        guard field.text.allSatisfy(\.isTokenCharacter) else {
            throw Problem(
                .badRequest, "'\(field.text.excerpt())' is not a field name of letters, digits and !#$%&'*+-.^_`|~")
        }
        guard field.text.count > StoredFields.metadataPrefixCount else {
            throw Problem(
                .badRequest,
                "\(field.text.excerpt()) has no name after the dash; its value is '\(field.value.excerpt())'")
        }
        guard !field.value.isEmpty else {
            throw Problem(.badRequest, "\(field.text.excerpt()) is empty; it has at least one byte")
        }
        guard !field.value.breaksFieldLine else { throw control(in: field.value, of: field.text) }
        for earlier in fields[..<index] where earlier.name == .metadata {
            guard !earlier.text.equalsIgnoringCase(field.text) else {
                throw Problem(
                    .badRequest,
                    "\(field.text.excerpt()) is given more than once, also as '\(earlier.value.excerpt())'")
            }
        }
    }
}
