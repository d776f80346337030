public import ByteBuffers

/// The request fields that this service acts on, and `Cookie`, which takes more memory than others.
public enum FieldName: UInt8, CaseIterable, Sendable {
    case accept, acceptEncoding, authorization, contentEncoding, contentLength, contentRange, contentType, cookie,
        expect,
        ifMatch, ifNoneMatch, ifRange, prefer, range
    /// Any name that starts with `Latchkey-Meta-`, also that alone, which is refused where it would be stored.
    case metadata

    /// The field with this name, in whatever case, or nil for one that nothing here depends on.
    public init?(_ name: BorrowedBytes) {
        // By length first: most fields of most requests are of no interest, and are dismissed without a comparison.
        switch name.count {
        case 5 where name.equalsIgnoringCase("range"): self = .range
        case 6 where name.equalsIgnoringCase("accept"): self = .accept
        case 6 where name.equalsIgnoringCase("expect"): self = .expect
        case 6 where name.equalsIgnoringCase("prefer"): self = .prefer
        case 6 where name.equalsIgnoringCase("cookie"): self = .cookie
        case 8 where name.equalsIgnoringCase("if-match"): self = .ifMatch
        case 8 where name.equalsIgnoringCase("if-range"): self = .ifRange
        case 12 where name.equalsIgnoringCase("content-type"): self = .contentType
        case 13 where name.equalsIgnoringCase("if-none-match"): self = .ifNoneMatch
        case 13 where name.equalsIgnoringCase("content-range"): self = .contentRange
        case 13 where name.equalsIgnoringCase("authorization"): self = .authorization
        case 15 where name.equalsIgnoringCase("accept-encoding"): self = .acceptEncoding
        case 14 where name.equalsIgnoringCase("content-length"): self = .contentLength
        case 16 where name.equalsIgnoringCase("content-encoding"): self = .contentEncoding
        case 14... where name.slice(0..<14).equalsIgnoringCase("latchkey-meta-"): self = .metadata
        default: return nil
        }
    }

    /// The name as a message to the client spells it; of `metadata`, what all these names start with.
    public var text: String {
        switch self {
        case .accept: "Accept"
        case .acceptEncoding: "Accept-Encoding"
        case .authorization: "Authorization"
        case .contentEncoding: "Content-Encoding"
        case .contentLength: "Content-Length"
        case .contentRange: "Content-Range"
        case .contentType: "Content-Type"
        case .cookie: "Cookie"
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

/// Which names a request's fields have, so that asking for one that is not there costs one test.
public struct FieldNameSet: OptionSet, Sendable {
    /// One bit a name, at the place of its number.
    public let rawValue: UInt16

    /// The set with these bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The set of `name` alone.
    @inlinable
    @inline(__always)
    public init(_ name: FieldName) { rawValue = 1 << UInt16(name.rawValue) }

    /// The fields that tell of content to come, unless it comes in chunks.
    @inlinable
    @inline(__always)
    public static var content: FieldNameSet {
        FieldNameSet(rawValue: FieldNameSet(.contentLength).rawValue | FieldNameSet(.expect).rawValue)
    }

    /// The fields of conditions on a write.
    @inlinable
    @inline(__always)
    public static var conditions: FieldNameSet {
        FieldNameSet(rawValue: FieldNameSet(.ifMatch).rawValue | FieldNameSet(.ifNoneMatch).rawValue)
    }
}
