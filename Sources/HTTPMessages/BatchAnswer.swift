public import ByteBuffers

/// The content of the answer to a batch: for each item a line `<status> <length> <etag>`, with `-` where there is none, and
/// after it, where a length stands, that many bytes and a LF.
public struct BatchAnswer: ~Copyable {
    private var builder: BytesBuilder

    /// No results, with room for so many bytes of them, in allocations of this class.
    public init(reserving capacity: Int, storage: ByteStorage.Type = ByteStorage.self) {
        builder = BytesBuilder(capacity: capacity, limit: .max, storage: storage)
    }

    /// The bytes appended so far.
    public var count: Int { builder.count }

    /// Adds the result of the next item: a value's bytes, an error's text, or no content. Amortised O(n).
    public mutating func append(_ status: Status, etag: EntityTag?, content: BorrowedBytes?) {
        append("\(status.code) \(content.map { String($0.count) } ?? "-") \(etag?.text ?? "-")\n")
        guard let content else { return }
        append(content)
        append(BorrowedBytes("\n"))
    }

    /// The finished content. O(1); see `BytesBuilder.freeze()`.
    public consuming func finish() -> SharedBytes { builder.freeze() }

    private mutating func append(_ text: String) {
        var text = text
        // Unsafe: the bytes are copied during the call.
        text.withUTF8 { bytes in append(unsafe BorrowedBytes(UnsafeRawBufferPointer(bytes))) }
    }

    private mutating func append(_ bytes: BorrowedBytes) {
        let fits = builder.append(bytes)
        precondition(fits, "\(bytes.count) bytes on \(builder.count) of an answer")
    }
}
