import ByteBuffers

/// The origin of pages: a scheme, a host, and a port where it is not the scheme's own (RFC 6454 section 6.2).
public struct WebOrigin: Sendable, Equatable {
    /// As browsers write it in `Origin`: `https://app.example.com`.
    public let text: String

    /// Reads an origin in whatever case, also with the port that its scheme has anyway; nil for what is none. `null`, the
    /// origin of pages that have none, is none.
    public init?(_ text: String) {
        let text = text.lowercased()
        guard text.utf8.count <= Self.maximumCount, let mark = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<mark.lowerBound]
        guard let first = scheme.first, first.isLetter,
            scheme.utf8.allSatisfy({ UInt8(ascii: "a") <= $0 || "0123456789+-.".utf8.contains($0) }),
            let authority = AllowedHost(String(text[mark.upperBound...]))
        else { return nil }
        let port = authority.port == defaultPort(ofScheme: String(scheme)) ? nil : authority.port
        self.text = "\(scheme)://\(authority.host)\(port.map { ":\($0)" } ?? "")"
    }

    /// In bytes: the longest name of a host with a scheme and a port.
    static let maximumCount = 300
}

/// Which pages of other origins may read answers and write.
public enum TrustedOrigins: Sendable, Equatable {
    /// Those of these origins.
    case listed([WebOrigin])
    /// All there are, and those without an origin.
    case all

    /// None.
    public static var none: TrustedOrigins { .listed([]) }
}

extension Request {
    /// Whether the sender's browser says that it was a page of another site. Nobody else says so: other clients send neither
    /// of the fields, and a page cannot change them.
    ///
    /// `Sec-Fetch-Site` (W3C Fetch Metadata) settles it, also where a proxy in front has changed `Host`. Browsers send it by TLS and
    /// to this machine only. Else `Origin` (RFC 6454 section 7) must name the host and port that `Host` does. O(bytes).
    public var isOfAnotherSite: Bool {
        if has(.secFetchSite) {
            guard let site = only(.secFetchSite) else { return true }
            // `none`: somebody has typed the address, or chosen a bookmark.
            return !(site == "same-origin" || site == "none")
        }
        return has(.origin) && !isOfOwnOrigin
    }

    /// Whether this asks, for a page, if it may send another request (Fetch standard, section 3.3.2).
    public var isPreflight: Bool { method == .options && has(.accessControlRequestMethod) && has(.origin) }

    /// The scheme is the origin's in either case: whether there is TLS in front of us, only the browser knows.
    private var isOfOwnOrigin: Bool {
        guard let origin = only(.origin), let host = Authority(host.trimmed) else { return false }
        for scheme: StaticString in ["http://", "https://"] where origin.starts(with: scheme) {
            let length = scheme.utf8CodeUnitCount
            guard let page = Authority(origin.slice(length..<origin.count)) else { return false }
            let ownPort: UInt16 = length == 7 ? 80 : 443
            return page.host.equalsIgnoringCase(host.host) && (page.port ?? ownPort) == (host.port ?? ownPort)
        }
        return false
    }
}

private func defaultPort(ofScheme scheme: String) -> UInt16? {
    switch scheme {
    case "http": 80
    case "https": 443
    default: nil
    }
}
