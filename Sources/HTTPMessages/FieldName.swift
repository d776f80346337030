public import ByteBuffers

/// The request fields that this service acts on, and `Cookie`, which takes more memory than others. `Host` is no line of
/// `Request.fields`, since nearly all requests have it and few need it.
public enum FieldName: UInt8, CaseIterable, Sendable {
    case accept, acceptEncoding, accessControlRequestMethod, authorization
    case contentDigest, contentEncoding, contentLength, contentRange, contentType, cookie, expect, host
    case ifMatch, ifNoneMatch, ifRange, origin, prefer, range, secFetchSite, wantContentDigest
    /// Any name that starts with `Latchkey-Meta-`, also that alone, which is refused where it would be stored.
    case metadata

    /// The field with this name, in whatever case, or nil for one that nothing here depends on.
    public init?(_ name: BorrowedBytes) {
        // By length first: most fields of most requests are of no interest, and are dismissed without a comparison.
        switch name.count {
        case 4 where name.equalsIgnoringCase("host"): self = .host
        case 5 where name.equalsIgnoringCase("range"): self = .range
        case 6 where name.equalsIgnoringCase("accept"): self = .accept
        case 6 where name.equalsIgnoringCase("expect"): self = .expect
        case 6 where name.equalsIgnoringCase("prefer"): self = .prefer
        case 6 where name.equalsIgnoringCase("cookie"): self = .cookie
        case 6 where name.equalsIgnoringCase("origin"): self = .origin
        case 8 where name.equalsIgnoringCase("if-match"): self = .ifMatch
        case 8 where name.equalsIgnoringCase("if-range"): self = .ifRange
        case 12 where name.equalsIgnoringCase("content-type"): self = .contentType
        case 13 where name.equalsIgnoringCase("if-none-match"): self = .ifNoneMatch
        case 13 where name.equalsIgnoringCase("content-range"): self = .contentRange
        case 13 where name.equalsIgnoringCase("authorization"): self = .authorization
        case 15 where name.equalsIgnoringCase("accept-encoding"): self = .acceptEncoding
        case 14 where name.equalsIgnoringCase("content-length"): self = .contentLength
        case 14 where name.equalsIgnoringCase("content-digest"): self = .contentDigest
        case 14 where name.equalsIgnoringCase("sec-fetch-site"): self = .secFetchSite
        case 16 where name.equalsIgnoringCase("content-encoding"): self = .contentEncoding
        case 19 where name.equalsIgnoringCase("want-content-digest"): self = .wantContentDigest
        case 29 where name.equalsIgnoringCase("access-control-request-method"): self = .accessControlRequestMethod
        case 14... where name.slice(0..<14).equalsIgnoringCase("latchkey-meta-"): self = .metadata
        default: return nil
        }
    }

    /// The name as a message to the client spells it; of `metadata`, what all these names start with.
    public var text: String {
        switch self {
        case .accept: "Accept"
        case .acceptEncoding: "Accept-Encoding"
        case .accessControlRequestMethod: "Access-Control-Request-Method"
        case .authorization: "Authorization"
        case .contentDigest: "Content-Digest"
        case .contentEncoding: "Content-Encoding"
        case .contentLength: "Content-Length"
        case .contentRange: "Content-Range"
        case .contentType: "Content-Type"
        case .cookie: "Cookie"
        case .expect: "Expect"
        case .host: "Host"
        case .ifMatch: "If-Match"
        case .ifNoneMatch: "If-None-Match"
        case .ifRange: "If-Range"
        case .metadata: "Latchkey-Meta-"
        case .origin: "Origin"
        case .prefer: "Prefer"
        case .range: "Range"
        case .secFetchSite: "Sec-Fetch-Site"
        case .wantContentDigest: "Want-Content-Digest"
        }
    }
}

/// Which names a request's fields have, so that asking for one that is not there costs one test.
public struct FieldNameSet: OptionSet, Sendable {
    /// One bit a name, at the place of its number.
    public let rawValue: UInt32

    /// The set with these bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The set of `name` alone.
    @inlinable
    @inline(__always)
    public init(_ name: FieldName) { rawValue = 1 << UInt32(name.rawValue) }

    /// The fields that tell of content to come, unless it comes in chunks.
    @inlinable
    @inline(__always)
    public static var content: FieldNameSet {
        FieldNameSet(rawValue: FieldNameSet(.contentLength).rawValue | FieldNameSet(.expect).rawValue)
    }

    /// The fields by which a browser tells of the page that sends a request.
    @inlinable
    @inline(__always)
    public static var browser: FieldNameSet {
        FieldNameSet(rawValue: FieldNameSet(.origin).rawValue | FieldNameSet(.secFetchSite).rawValue)
    }

    /// The fields that any answer may have further lines for.
    @inlinable
    @inline(__always)
    public static var answered: FieldNameSet {
        FieldNameSet(rawValue: FieldNameSet(.origin).rawValue | FieldNameSet(.prefer).rawValue)
    }

    /// The fields that are looked at where content is taken, and that few requests have.
    @inlinable
    @inline(__always)
    public static var seldomWithContent: FieldNameSet {
        FieldNameSet(rawValue: FieldNameSet(.contentRange).rawValue | FieldNameSet(.contentDigest).rawValue)
    }

    /// The fields that ask for something else than all of a value as it is.
    @inlinable
    @inline(__always)
    public static var seldomWithGet: FieldNameSet {
        FieldNameSet(rawValue: FieldNameSet(.range).rawValue | FieldNameSet(.wantContentDigest).rawValue)
    }

    /// The fields of conditions on a write.
    @inlinable
    @inline(__always)
    public static var conditions: FieldNameSet {
        FieldNameSet(rawValue: FieldNameSet(.ifMatch).rawValue | FieldNameSet(.ifNoneMatch).rawValue)
    }
}
