import ByteBuffers
import Glibc

extension BorrowedBytes {
    /// Whether these are a host with a port or without, as in `Host` and in a target's authority (RFC 9110 section 7.2, RFC 3986
    /// section 3.2): a name, an IPv4 address, or an IPv6 address in brackets; then nothing, or a colon and up to five digits,
    /// which may be none. No user, since that is no part of it, and no comma, which would be the sign of two hosts. O(n), eight
    /// bytes at a time for names and addresses without brackets.
    package var isHostAndPort: Bool {
        var end = count
        while end > 0, self[end - 1].isDigit { end -= 1 }
        // Else the digits, if there are any, are the host's own last.
        guard end > 0, self[end - 1] == UInt8(ascii: ":") else { return isHost }
        let isPort = count - end <= 5 && slice(end..<count).reduce(0) { $0 * 10 + Int($1 & 0x0f) } <= 65_535
        return isPort && slice(0..<end - 1).isHost
    }

    @inline(__always)
    private var isHost: Bool { hasOnlyPlainHostCharacters || isUnusualHost }

    @inline(never)
    private var isUnusualHost: Bool {
        guard first == UInt8(ascii: "[") else {
            return !isEmpty && allSatisfy(\.mayBeInHostName) && hasOnlyWholeEscapes
        }
        return count > 2 && count <= 47 && last == UInt8(ascii: "]") && slice(1..<count - 1).isIPv6Address
    }

    private var hasOnlyWholeEscapes: Bool {
        for position in 0..<count where self[position] == UInt8(ascii: "%") {
            guard position + 2 < count, self[position + 1].isHexDigit, self[position + 2].isHexDigit else {
                return false
            }
        }
        return true
    }

    private var isIPv6Address: Bool {
        guard allSatisfy({ $0.isHexDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }) else { return false }
        var address = in6_addr()
        return unsafe inet_pton(AF_INET6, String(decoding: self, as: UTF8.self), &address) == 1
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { self &- 0x30 < 10 }

    fileprivate var isHexDigit: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }

    /// Unreserved, part of an escape, or a delimiter that is no comma (RFC 3986 section 3.2.2).
    fileprivate var mayBeInHostName: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "%"): true
        case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("): true
        case UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: "="): true
        default: false
        }
    }
}
