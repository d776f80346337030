public import ByteBuffers

/// Lets pages of some other origins read answers and write: the server's side of CORS (Fetch standard, section 3.3), without
/// credentials, since there are no cookies here.
public struct CrossOriginSharing: Sendable {
    /// What one origin is told.
    fileprivate struct Grant {
        /// nil for any.
        let origin: String?
        /// Field lines, each after a CRLF: of an answer, and of the one to a preflight.
        let lines: SharedBytes
        let preflightLines: SharedBytes
    }
    private let grants: [Grant]

    /// nil where nobody is trusted.
    public init?(_ origins: TrustedOrigins) {
        switch origins {
        case .all: grants = [Grant(origin: nil)]
        case .listed(let origins): grants = origins.map { Grant(origin: $0.text) }
        }
        if grants.isEmpty { return nil }
    }

    /// Whether the page that has sent `request` is trusted. O(origins).
    public func admits(_ request: Request) -> Bool { grant(for: request) != nil }

    /// The field lines that an answer to `request` has for the page that has sent it. Also for one that is not trusted: that another
    /// would get another answer. O(origins), and allocates nothing.
    public func lines(for request: Request) -> SharedBytes {
        guard let grant = grant(for: request) else { return Self.refusal }
        return request.isPreflight ? grant.preflightLines : grant.lines
    }

    private func grant(for request: Request) -> Grant? {
        if let first = grants.first, first.origin == nil { return first }
        guard let origin = request.only(.origin) else { return nil }
        return grants.first { grant in grant.origin.map { origin.equalsIgnoringCase(of: $0) } ?? false }
    }

    private static let refusal = SharedBytes(copying: "\r\nVary: Origin".utf8)
}

extension CrossOriginSharing.Grant {
    fileprivate init(origin: String?) {
        self.origin = origin
        let allowed = "\r\nAccess-Control-Allow-Origin: \(origin ?? "*")"
        lines = SharedBytes(
            copying: "\r\nVary: Origin\(allowed)\r\nAccess-Control-Expose-Headers: \(Self.exposed)".utf8)
        preflightLines = SharedBytes(
            copying: """
                \r\nVary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\(allowed)\
                \r\nAccess-Control-Allow-Methods: GET, HEAD, PUT, POST, DELETE\
                \r\nAccess-Control-Allow-Headers: \(Self.accepted)\r\nAccess-Control-Max-Age: \(Self.maximumAge)
                """.utf8)
    }

    // The asterisk means all names, as there is no end of `Latchkey-Meta-*`, but not `Authorization`. Older browsers do not
    // know it, and get those that matter.
    private static let exposed =
        "ETag, Link, Latchkey-TTL, Server-Timing, Retry-After, Content-Range, Content-Digest, *"
    private static let accepted =
        "Authorization, Content-Type, Content-Encoding, If-Match, If-None-Match, If-Range, Prefer, Range, Content-Digest, Want-Content-Digest, *"
    /// How long a browser need not ask again, in seconds: the longest that any keeps to.
    private static let maximumAge = 7200
}
