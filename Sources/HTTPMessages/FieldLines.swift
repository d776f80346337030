public import ByteBuffers

/// A response's field lines as bytes, in memory that is used again for the next response.
///
/// The first line is `Date`, which every response has. Its name stands apart, because HTTP engines take a field as a name
/// and a value. Raw memory rather than an array, since this is written for every request.
@safe public struct FieldLines: ~Copyable, @unchecked Sendable {
    // `@unchecked`: the memory is this value's own, and a noncopyable value has one owner.

    /// The most bytes that a response of ours has in its lines: either the fields stored with a value or a `Link` is the
    /// greater part of them.
    public static let capacity = 16_384

    /// Name of the first line.
    public static let firstName: StaticString = "Date"
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 8)
    /// Bytes in use.
    public private(set) var count = 0
    /// An `ETag` line up to the version, which is the same in all tags of a run, and the nonce that it was made for.
    private var tagStart = SharedBytes(copying: [])
    private var tagNonce: UInt64?

    /// No lines.
    public init() {}

    deinit { unsafe memory.deallocate() }

    /// The first line's value, then CRLF and the next line, and so on, without a CRLF at the end. Valid until the next
    /// change.
    public var bytes: BorrowedBytes {
        unsafe BorrowedBytes(UnsafeRawBufferPointer(start: memory.baseAddress, count: count))
    }

    /// Replaces the lines by those of `response`. O(bytes), without an allocation for the responses that are frequent.
    public mutating func set(to response: borrowing Response, date: borrowing HTTPDate) {
        count = 0
        date.bytes.withBorrowedBytes { append($0) }
        if let type = response.contentType {
            if case .stored(let stored) = response.body, stored.hasLines {
                append(stored)
            } else {
                append(type)
            }
        }
        if let tag = response.entityTag { append(tag) }
        if response.isStoredValue {
            // A 304 repeats only what a cache needs (RFC 9110 section 15.4.5), and what a page that it keeps must not lose.
            if response.status == .notModified {
                append("\r\nCache-Control: no-cache\r\nX-Content-Type-Options: nosniff")
                if case .stored(let stored) = response.body, stored.isSandboxed { appendSandbox() }
            } else {
                append("\r\nCache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\nAccept-Ranges: bytes")
            }
        } else if response.status != .noContent, response.status != .created {
            // Without it a cache might guess how long pages and errors stay as they are (RFC 9111 section 4.2.2).
            append("\r\nCache-Control: no-cache")
        }
        if let allow = response.allow { append("\r\nAllow: ", allow.list) }
        if let seconds = response.retryAfter { append("\r\nRetry-After: ", String(seconds)) }
        if let extra = response.extra { append(extra) }
    }

    /// Appends further lines, each after a CRLF.
    public mutating func append(_ lines: SharedBytes) { lines.withBorrowedBytes { append($0) } }

    private mutating func appendSandbox() {
        append("\r\n")
        append(ActiveContent.policyName)
        append(": ")
        append(ActiveContent.policy)
    }

    /// Appends a `Server-Timing` line with a request's lock wait, in nanoseconds: in milliseconds, as the field has it.
    public mutating func appendServerTiming(lockWait: UInt64) {
        let fraction = String(1_000_000 + lockWait % 1_000_000).dropFirst()
        append("\r\nServer-Timing: lock;dur=", "\(lockWait / 1_000_000).\(fraction)")
    }

    /// Calls `body` with each line's name and value, byte for byte; for engines that take them one by one. O(bytes).
    public borrowing func forEach(_ body: (_ name: BorrowedBytes, _ value: BorrowedBytes) -> Void) {
        var name = BorrowedBytes(Self.firstName)
        var rest = bytes
        while true {
            // A value has no control characters but tabs, so a CR is the first half of a line's end.
            let end = rest.firstPosition(of: UInt8(ascii: "\r")) ?? rest.count
            body(name, rest.slice(0..<end))
            guard end < rest.count else { return }
            let line = rest.slice(end + 2..<rest.count)
            guard let colon = line.firstPosition(of: UInt8(ascii: ":")) else { return }
            name = line.slice(0..<colon)
            rest = line.slice(colon + 2..<line.count)
        }
    }

    private mutating func append(_ type: ContentType) {
        switch type {
        case .stored: append("\r\nContent-Type: application/octet-stream")
        case .plainText: append("\r\nContent-Type: text/plain; charset=utf-8")
        case .plainTextByAccept: append("\r\nContent-Type: text/plain; charset=utf-8\r\nVary: Accept")
        case .json: append("\r\nContent-Type: application/json\r\nVary: Accept")
        case .problemJSON: append("\r\nContent-Type: application/problem+json\r\nVary: Accept")
        case .batch: append("\r\nContent-Type: application/vnd.latchkey.batch")
        case .prometheusText:
            append("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nVary: Accept, Accept-Encoding")
        case .openMetrics:
            append("\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8")
            append("\r\nVary: Accept, Accept-Encoding")
        case .html: append("\r\nContent-Type: text/html; charset=utf-8\r\nVary: Accept, Accept-Encoding")
        case .help: append("\r\nContent-Type: text/plain; charset=utf-8\r\nVary: Accept, Accept-Encoding")
        case .yaml: append("\r\nContent-Type: application/yaml")
        }
    }

    private mutating func append(_ stored: StoredContent) {
        stored.withLines { lines in
            if !lines.starts(with: "\r\nContent-Type: ") { append("\r\nContent-Type: application/octet-stream") }
            append(lines)
        }
    }

    private mutating func append(_ extra: Response.Extra) {
        if let seconds = extra.timeToLive { append("\r\nLatchkey-TTL: ", String(seconds)) }
        if let (part, count) = extra.contentRange {
            append("\r\nContent-Range: bytes ", "\(part.lowerBound)-\(part.upperBound - 1)/\(count)")
        }
        if let count = extra.unsatisfiedOf { append("\r\nContent-Range: bytes */", String(count)) }
        if let link = extra.link { append("\r\nLink: ", link) }
        if let preference = extra.preferenceApplied { append("\r\nPreference-Applied: ", preference) }
        if extra.isGzip { append("\r\nContent-Encoding: gzip") }
        if let policy = extra.securityPolicy { append("\r\nContent-Security-Policy: ", policy) }
        if let challenge = extra.challenge { append("\r\nWWW-Authenticate: ", challenge.text) }
        if let digest = extra.contentDigest { append("\r\nContent-Digest: ", digest.text) }
        if extra.isNotToBeSniffed { append("\r\nX-Content-Type-Options: nosniff") }
    }

    @inline(__always)
    private mutating func append(_ tag: EntityTag) {
        if tagNonce != tag.nonce {
            tagNonce = tag.nonce
            tagStart = SharedBytes(copying: "\r\nETag: \"\(String(tag.nonce, radix: 16))-".utf8)
        }
        tagStart.withBorrowedBytes { append($0) }
        append(hexadecimal: tag.version)
        append(byte: UInt8(ascii: "\""))
    }

    private mutating func append(_ name: StaticString, _ value: String) {
        append(name)
        for byte in value.utf8 { append(byte: byte) }
    }

    @inline(__always)
    private mutating func append(_ text: StaticString) { append(BorrowedBytes(text)) }

    @inline(__always)
    private mutating func append(_ text: BorrowedBytes) {
        precondition(text.count <= Self.capacity - count, "\(text.count) bytes on \(count) of field lines")
        // Unsafe: the bound was checked, and the source is lent for the length of the call.
        unsafe text.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe (memory.baseAddress! + count).copyMemory(from: start, byteCount: source.count)
        }
        count += text.count
    }

    @inline(__always)
    private mutating func append(byte: UInt8) {
        precondition(count < Self.capacity, "one byte on \(count) of field lines")
        unsafe memory[count] = byte
        count += 1
    }

    @inline(__always)
    private mutating func append(hexadecimal number: UInt64) {
        let digits = 16 - (number | 1).leadingZeroBitCount / 4
        precondition(digits <= Self.capacity - count, "\(digits) digits on \(count) of field lines")
        // From the last to the first. Unsafe: the bound was checked.
        var rest = number
        var place = unsafe memory.baseAddress! + count + digits
        for _ in 0..<digits {
            unsafe place -= 1
            unsafe place.storeBytes(of: hexadecimalDigit(rest), as: UInt8.self)
            rest &>>= 4
        }
        count += digits
    }
}
