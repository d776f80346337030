public import ByteBuffers

/// What a request shows to be let in (RFC 6750 section 2.1).
public enum Credentials {
    /// Nothing, or something of another scheme.
    case none
    /// A token, as it came.
    case bearer(BorrowedBytes)
    /// Two fields, or what can be no token.
    case malformed
}

extension Request {
    /// What stands in `Authorization`. O(n).
    public var credentials: Credentials {
        guard let first = first(.authorization) else { return .none }
        guard let field = only(.authorization) else { return .malformed }
        let end = first.firstPosition(of: UInt8(ascii: " ")) ?? first.count
        guard first.slice(0..<end).equalsIgnoringCase("bearer") else { return .none }
        let token = field.slice(end..<field.count).trimmed
        return token.isBearerToken ? .bearer(token) : .malformed
    }
}

extension BorrowedBytes {
    /// Whether these are a token: letters, digits and -._~+/, and then any number of = (`b64token` of RFC 6750
    /// section 2.1). O(n).
    package var isBearerToken: Bool {
        let end = firstPosition(of: UInt8(ascii: "=")) ?? count
        for position in 0..<end where !self[position].isBearerCharacter { return false }
        for position in end..<count where self[position] != UInt8(ascii: "=") { return false }
        return end > 0
    }
}

extension UInt8 {
    fileprivate var isBearerCharacter: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}

/// What a client that is not let in is told to show (RFC 9110 section 11.6.1, RFC 6750 section 3).
public enum Challenge: Sendable, Equatable {
    /// A token; it has shown none.
    case token
    /// Another token.
    case otherToken
    /// A token that allows more.
    case tokenForMore

    /// The value of `WWW-Authenticate`.
    var text: String {
        let realm = #"Bearer realm="latchkey""#
        return switch self {
        case .token: realm
        case .otherToken: realm + #", error="invalid_token""#
        case .tokenForMore: realm + #", error="insufficient_scope""#
        }
    }
}
