public import ByteBuffers

/// A host and the port that follows it: what `Host` has (RFC 9110 section 7.2), and an origin behind its scheme.
public struct Authority {
    /// A name or an address, with brackets where it is one of IPv6.
    public let host: BorrowedBytes
    /// nil where there is none.
    public let port: UInt16?

    /// nil for what is none. What a name may consist of is not looked at. O(n).
    public init?(_ text: BorrowedBytes) {
        let end: Int
        if text.first == UInt8(ascii: "[") {
            guard let bracket = text.firstPosition(of: UInt8(ascii: "]")) else { return nil }
            end = bracket + 1
        } else {
            end = text.firstPosition(of: UInt8(ascii: ":")) ?? text.count
        }
        guard end > 0 else { return nil }
        host = text.slice(0..<end)
        if end == text.count {
            port = nil
            return
        }
        guard text[end] == UInt8(ascii: ":") else { return nil }
        let digits = text.slice(end + 1..<text.count)
        // A colon may stand there without a port (RFC 3986 section 3.2.3).
        if digits.isEmpty {
            port = nil
            return
        }
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = UInt16(String(decoding: digits, as: UTF8.self))
        else { return nil }
        port = number
    }
}

/// A host by whose name the service is asked for, with one port or any.
public struct AllowedHost: Sendable, Equatable {
    /// In lower case; an IPv6 address in brackets.
    public let host: String
    /// nil for any.
    public let port: UInt16?

    /// Reads `kv.example.com`, `kv.example.com:8080`, `192.0.2.1` or `[2001:db8::1]:8080`; nil for what is no such text.
    public init?(_ text: String) {
        let parts = SharedBytes(copying: text.utf8).withBorrowedBytes { bytes in
            Authority(bytes).map { (host: String(decoding: $0.host, as: UTF8.self).lowercased(), port: $0.port) }
        }
        guard let parts, parts.host.isHostOfURL, text.last != ":" else { return nil }
        (host, port) = parts
    }

    /// Whether this is the host that `authority` names. Where that has no port, it means the one of http or https.
    public func matches(_ authority: Authority) -> Bool {
        guard authority.host.equalsIgnoringCase(of: host) else { return false }
        guard let port else { return true }
        return authority.port.map { $0 == port } ?? (port == 80 || port == 443)
    }
}

extension String {
    /// Whether this can be the host of a URL, as browsers write it: in lower case, and without what must be encoded.
    var isHostOfURL: Bool {
        let isAddress = first == "["
        let inside = isAddress ? dropFirst().dropLast() : self[...]
        if isAddress, last != "]" || !inside.contains(":") { return false }
        return (1...253).contains(inside.utf8.count)
            && inside.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."): true
                case UInt8(ascii: ":"): isAddress
                case UInt8(ascii: "a")...UInt8(ascii: "z"): !isAddress || byte <= UInt8(ascii: "f")
                case UInt8(ascii: "-"), UInt8(ascii: "_"): !isAddress
                default: false
                }
            }
    }
}

extension BorrowedBytes {
    /// Whether these are the bytes of `text`, which is in lower case, in any case. O(n).
    func equalsIgnoringCase(of text: String) -> Bool {
        lazy.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }.elementsEqual(text.utf8)
    }
}
