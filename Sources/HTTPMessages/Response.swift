public import ByteBuffers

/// An answer, before it is turned into bytes: a status, the fields that this service ever sends, and a body that is
/// shared rather than copied. `Date`, `Content-Length` and `Connection` are the HTTP engine's.
public struct Response: Sendable {
    /// The status.
    public var status: Status
    /// The group of resources that answered, for the count of requests.
    public var route: RouteID
    /// `Content-Type`; nil where there is no content.
    public var contentType: ContentType?
    /// `ETag`.
    public var entityTag: EntityTag?
    /// Whether the fields that go with every stored value are sent: `X-Content-Type-Options` and, where the status lets a
    /// client ask for a range next, `Accept-Ranges`. `Cache-Control` goes with every response but 201 and 204.
    public var isStoredValue = false
    /// `Allow`.
    public var allow: MethodSet?
    /// `Retry-After`, in seconds.
    public var retryAfter: UInt16?
    /// The fields that few responses have.
    public var extra: Extra?
    /// The content. A response to HEAD has it too: the engine sends its length only.
    public var body: Body

    /// A response without fields.
    public init(_ status: Status, route: RouteID, body: Body = .none) {
        self.status = status
        self.route = route
        self.body = body
    }

    /// Where the content comes from.
    public enum Body: Sendable {
        /// There is none.
        case none
        /// Bytes of a buffer, which lives until they are sent.
        case shared(SharedBytes)
        /// A stored value or a part of it, sent with the field lines that it is kept with unless `contentType` is nil.
        case stored(StoredContent)
        /// The whole answer comes later, and all else that this one says is of no account.
        case later(any PendingResponse)
    }

    /// The promise of an answer.
    public init(later pending: any PendingResponse, route: RouteID) {
        self.init(.ok, route: route, body: .later(pending))
    }
}

extension Response.Body {
    /// Number of bytes.
    @inlinable
    public var count: Int {
        switch self {
        case .stored(let stored): stored.count
        case .shared(let bytes): bytes.count
        case .none, .later: 0
        }
    }

    /// The bytes, sharing their allocation; nil where there are none to be shared. O(1).
    public var content: SharedBytes? {
        switch self {
        case .stored(let stored): stored.content
        case .shared(let bytes): bytes
        case .none, .later: nil
        }
    }

    /// Calls `body` with the bytes. O(1).
    @inlinable
    @inline(__always)
    public func withContent(_ body: (BorrowedBytes) -> Void) {
        switch self {
        case .stored(let stored): stored.withContent(body)
        case .shared(let bytes): bytes.withBorrowedBytes(body)
        case .none, .later: body(BorrowedBytes(""))
        }
    }
}

/// A group of resources that are counted together. The number is the group's place among the counters; whoever routes
/// the requests gives it a name.
public struct RouteID: RawRepresentable, Hashable, Sendable {
    /// Numbers are below this.
    public static let limit = 16

    /// The place of requests that no handler was asked about.
    public static let none = RouteID(rawValue: UInt8(limit - 1))

    /// The place.
    public let rawValue: UInt8

    /// The group at this place, which is below `limit`.
    public init(rawValue: UInt8) {
        precondition(rawValue < Self.limit, "route \(rawValue) of at most \(Self.limit)")
        self.rawValue = rawValue
    }
}

extension Response {
    /// Fields that few responses have, apart from the response, which stays small for the others.
    public final class Extra: Sendable {
        /// `Latchkey-TTL`, in seconds.
        public let timeToLive: Int?
        /// `Content-Range` of a 206: which bytes these are, at least one, and of how many (RFC 9110 section 14.4).
        public let contentRange: (part: Range<Int>, count: Int)?
        /// `Content-Range` of a 416: how many bytes there are.
        public let unsatisfiedOf: Int?
        /// `Link`, without control characters; `Response.Extra.maximumLinkCount` bytes at most.
        public let link: String?
        /// `Preference-Applied` (RFC 7240 section 3), as short as a preference is.
        public let preferenceApplied: String?
        /// `X-Content-Type-Options`, which `isStoredValue` has too: the content is a client's, and of no other type than it says.
        public let isNotToBeSniffed: Bool
        /// `Content-Encoding: gzip`.
        public let isGzip: Bool
        /// `Content-Security-Policy`, without control characters.
        public let securityPolicy: String?
        /// `WWW-Authenticate`.
        public let challenge: Challenge?
        /// `Content-Digest`, of the content as it is sent.
        public let contentDigest: ContentDigest?

        /// The longest `Link`, in bytes: room for a prefix of 4,096 bytes, percent-encoded, and a cursor.
        public static let maximumLinkCount = 4096 + 512

        /// These fields; what is nil is not sent.
        public init(
            timeToLive: Int? = nil, contentRange: (part: Range<Int>, count: Int)? = nil, unsatisfiedOf: Int? = nil,
            link: String? = nil, preferenceApplied: String? = nil, isNotToBeSniffed: Bool = false, isGzip: Bool = false,
            securityPolicy: String? = nil, challenge: Challenge? = nil, contentDigest: ContentDigest? = nil
        ) {
            self.timeToLive = timeToLive
            self.contentRange = contentRange
            self.unsatisfiedOf = unsatisfiedOf
            self.link = link
            self.preferenceApplied = preferenceApplied
            self.isNotToBeSniffed = isNotToBeSniffed
            self.isGzip = isGzip
            self.securityPolicy = securityPolicy
            self.challenge = challenge
            self.contentDigest = contentDigest
        }
    }
}

extension Response {
    /// Adds fields to those in `extra`; what is nil stays as it is. Allocates.
    public mutating func add(
        timeToLive: Int? = nil, contentRange: (part: Range<Int>, count: Int)? = nil, unsatisfiedOf: Int? = nil,
        link: String? = nil, preferenceApplied: String? = nil, isNotToBeSniffed: Bool = false, isGzip: Bool = false,
        securityPolicy: String? = nil, challenge: Challenge? = nil, contentDigest: ContentDigest? = nil
    ) {
        extra = Extra(
            timeToLive: timeToLive ?? extra?.timeToLive, contentRange: contentRange ?? extra?.contentRange,
            unsatisfiedOf: unsatisfiedOf ?? extra?.unsatisfiedOf, link: link ?? extra?.link,
            preferenceApplied: preferenceApplied ?? extra?.preferenceApplied,
            isNotToBeSniffed: isNotToBeSniffed || extra?.isNotToBeSniffed == true,
            isGzip: isGzip || extra?.isGzip == true, securityPolicy: securityPolicy ?? extra?.securityPolicy,
            challenge: challenge ?? extra?.challenge, contentDigest: contentDigest ?? extra?.contentDigest)
    }
}
