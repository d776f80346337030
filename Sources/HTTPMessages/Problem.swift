public import ByteBuffers

/// An error: what was wrong and what the limit is, in one line.
public struct Problem: Error, Equatable {
    /// The status to answer with.
    public let status: Status
    /// One sentence, without its status; any Unicode text, control characters are escaped.
    public let detail: String

    /// An error with this status and explanation.
    public init(_ status: Status, _ detail: String) {
        self.status = status
        self.detail = detail
    }

    /// The answer that tells of the error: a line of plain text, or `application/problem+json` (RFC 9457) for `asJSON`.
    public func response(route: RouteID, asJSON: Bool) -> Response {
        var body: [UInt8] = []
        if asJSON {
            body.append(contentsOf: #"{"type":"about:blank","title":""#.utf8)
            body.append(contentsOf: status.phrase.utf8)
            body.append(contentsOf: #"","status":\#(status.code),"detail":""#.utf8)
            appendJSONEscaped(detail, to: &body)
            body.append(contentsOf: "\"}\n".utf8)
        } else {
            appendEscapingControls(detail, to: &body)
            body.append(UInt8(ascii: "\n"))
        }
        var response = Response(status, route: route, body: .shared(SharedBytes(copying: body)))
        response.contentType = asJSON ? .problemJSON : .plainTextByAccept
        if status == .serviceUnavailable { response.retryAfter = 1 }
        return response
    }
}

/// So many bytes, as a message says it.
public func byteCount(_ count: Int) -> String { count == 1 ? "1 byte" : "\(count) bytes" }

extension BorrowedBytes {
    /// The bytes as text for a message: what is not UTF-8 is replaced, and what is longer than `limit` bytes is cut.
    /// Control characters stay, since `Problem.response` escapes them. O(limit).
    public func excerpt(limit: Int = 64) -> String {
        let text = String(decoding: slice(0..<Swift.min(limit, count)), as: UTF8.self)
        return count > limit ? text + "…" : text
    }
}

private func appendEscapingControls(_ text: String, to bytes: inout [UInt8]) {
    for scalar in text.unicodeScalars {
        // C1 controls move a terminal's cursor too.
        if scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) {
            bytes.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".utf8)
        } else {
            bytes.append(contentsOf: Character(scalar).utf8)
        }
    }
}

/// RFC 8259 section 7.
private func appendJSONEscaped(_ text: String, to bytes: inout [UInt8]) {
    for scalar in text.unicodeScalars {
        switch scalar.value {
        case 0x22, 0x5c:
            bytes.append(0x5c)
            bytes.append(UInt8(scalar.value))
        case 0..<0x20, 0x7f..<0xa0:
            let digits = String(scalar.value, radix: 16)
            bytes.append(contentsOf: "\\u".utf8)
            bytes.append(contentsOf: String(repeating: "0", count: 4 - digits.count).utf8)
            bytes.append(contentsOf: digits.utf8)
        default:
            bytes.append(contentsOf: Character(scalar).utf8)
        }
    }
}
