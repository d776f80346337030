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
    /// Whether the fields that go with every stored value are sent: `Cache-Control` and `X-Content-Type-Options`.
    public var isStoredValue = false
    /// `Allow`.
    public var allow: MethodSet?
    /// `Retry-After`, in seconds.
    public var retryAfter: Int?
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
    }
}

/// The type of a response's content.
public enum ContentType: Sendable {
    /// Bytes about which the client that stored them said nothing.
    case octetStream
    /// What the client said when it stored the value.
    case stored(SharedBytes)
    /// Text for a terminal.
    case plainText
    /// An error as JSON (RFC 9457).
    case problemJSON
    /// Metrics in the Prometheus text format.
    case prometheusText
    /// A description of the API (RFC 9512).
    case yaml
}

/// A group of resources that are counted together. The number is the group's place among the counters; whoever routes
/// the requests gives it a name.
public struct RouteID: RawRepresentable, Hashable, Sendable {
    /// Numbers are below this.
    public static let limit = 16

    /// The place.
    public let rawValue: UInt8

    /// The group at this place, which is below `limit`.
    public init(rawValue: UInt8) {
        precondition(rawValue < Self.limit, "route \(rawValue) of at most \(Self.limit)")
        self.rawValue = rawValue
    }
}
