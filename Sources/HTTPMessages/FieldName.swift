public import ByteBuffers

/// The request fields that this service acts on.
public enum FieldName: UInt8, CaseIterable, Sendable {
    case accept, contentEncoding, contentLength, contentRange, contentType, expect, ifMatch, ifNoneMatch, ifRange,
        prefer
    case range
    /// Any name that starts with `Latchkey-Meta-` and goes on after it.
    case metadata

    /// The field with this name, in whatever case, or nil for one that nothing here depends on.
    public init?(_ name: BorrowedBytes) {
        // By length and first letter: most fields of most requests are of no interest, and are dismissed without a
        // comparison.
        let first = name.first.map { $0 | 0x20 }
        let candidate: FieldName? =
            switch name.count {
            case 5: .range
            case 6: first == UInt8(ascii: "a") ? .accept : first == UInt8(ascii: "p") ? .prefer : .expect
            case 8: name.last.map { $0 | 0x20 } == UInt8(ascii: "h") ? .ifMatch : .ifRange
            case 12: .contentType
            case 13: first == UInt8(ascii: "i") ? .ifNoneMatch : .contentRange
            case 14: .contentLength
            case 16 where first == UInt8(ascii: "c"): .contentEncoding
            case 15...: first == UInt8(ascii: "l") ? .metadata : nil
            default: nil
            }
        guard let candidate else { return nil }
        let compared = candidate == .metadata ? name.slice(0..<14) : name
        guard compared.equalsIgnoringCase(candidate.lowercased) else { return nil }
        self = candidate
    }

    private var lowercased: StaticString {
        switch self {
        case .accept: "accept"
        case .contentEncoding: "content-encoding"
        case .contentLength: "content-length"
        case .contentRange: "content-range"
        case .contentType: "content-type"
        case .expect: "expect"
        case .ifMatch: "if-match"
        case .ifNoneMatch: "if-none-match"
        case .ifRange: "if-range"
        case .metadata: "latchkey-meta-"
        case .prefer: "prefer"
        case .range: "range"
        }
    }

    /// The name as a message to the client spells it; of `metadata`, what all these names start with.
    public var text: String {
        switch self {
        case .accept: "Accept"
        case .contentEncoding: "Content-Encoding"
        case .contentLength: "Content-Length"
        case .contentRange: "Content-Range"
        case .contentType: "Content-Type"
        case .expect: "Expect"
        case .ifMatch: "If-Match"
        case .ifNoneMatch: "If-None-Match"
        case .ifRange: "If-Range"
        case .metadata: "Latchkey-Meta-"
        case .prefer: "Prefer"
        case .range: "Range"
        }
    }
}
