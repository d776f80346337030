/// Where a service is: `http://HOST[:PORT][/PREFIX]`, or with `https`, where the host is a name, an IPv4 address, or an IPv6 address in
/// brackets (RFC 3986). The prefix is what a proxy in front of the service takes off.
public struct ServiceURL: Sendable, Equatable {
    /// The name or address, without brackets.
    public let host: String
    /// Whether to ask by TLS.
    public let isSecure: Bool
    /// The port; 80, or by TLS 443, where the URL has none.
    public let port: UInt16
    /// The path that comes before `/keys/`: empty, or with a leading and without a trailing slash.
    public let prefix: String

    /// Reads a URL. O(n).
    public init(_ text: String) throws(ClientFailure) {
        do throws(Unusable) {
            let (rest, isSecure) = try Self.afterScheme(Substring(text))
            self.isSecure = isSecure
            let pathStart = rest.firstIndex(of: "/") ?? rest.endIndex
            (host, port) = try Self.takeApart(authority: rest[..<pathStart], defaultPort: Self.defaultPort(isSecure))
            let path = rest[pathStart...]
            prefix = String(path.reversed().drop { $0 == "/" }.reversed())
        } catch {
            throw .unusableURL(text, reason: error.reason)
        }
    }

    /// What the `Host` field says (RFC 9110 section 7.2).
    public var authority: String {
        (host.contains(":") ? "[\(host)]" : host) + (port == Self.defaultPort(isSecure) ? "" : ":\(port)")
    }

    private struct Unusable: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    private static func defaultPort(_ isSecure: Bool) -> UInt16 { isSecure ? 443 : 80 }

    private static func afterScheme(_ text: Substring) throws(Unusable) -> (rest: Substring, isSecure: Bool) {
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw Unusable("spaces, and characters beyond ASCII, must be percent-encoded")
        }
        let scheme = text.prefix(8).lowercased()
        let isSecure = scheme == "https://"
        guard isSecure || scheme.hasPrefix("http://") else {
            throw Unusable("it does not begin with http:// or https://")
        }
        guard !text.contains(where: { "?#".contains($0) }) else { throw Unusable("it has a query or a fragment") }
        return (text.dropFirst(isSecure ? 8 : 7), isSecure)
    }

    private static func takeApart(
        authority: Substring, defaultPort: UInt16
    ) throws(Unusable) -> (host: String, port: UInt16) {
        guard !authority.contains("@") else { throw Unusable("a user name or password in it is not supported") }
        let host: Substring
        let rest: Substring
        if authority.first == "[" {
            let end = authority.firstIndex(of: "]") ?? authority.startIndex
            host = authority[..<end].dropFirst()
            rest = authority[end...].dropFirst()
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || ":.".contains($0) }) else {
                throw Unusable("in brackets must be an IPv6 address")
            }
        } else {
            let end = authority.firstIndex(of: ":") ?? authority.endIndex
            (host, rest) = (authority[..<end], authority[end...])
            guard !host.isEmpty, host.utf8.allSatisfy(isUnreserved) else {
                throw Unusable("it has no host, or one with characters that a name has not")
            }
        }
        if rest.isEmpty || rest == ":" { return (String(host), defaultPort) }
        let digits = rest.dropFirst()
        guard rest.first == ":", digits.allSatisfy(\.isWholeNumber), let port = UInt16(digits), port > 0 else {
            throw Unusable("the port is not a number from 1 to 65535")
        }
        return (String(host), port)
    }
}

/// Whether a byte needs no escape anywhere in a URL (RFC 3986 section 2.3).
private func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
    default: false
    }
}
