public import ByteBuffers

/// A request method. Those that no resource here knows are kept apart from those that exist (RFC 9110 section 9, RFC 5789),
/// because the first are answered 501 and the second 405.
public enum Method: UInt8, CaseIterable, Sendable {
    case get, head, put, delete, options, post, patch, trace, connect
    /// Not a method that this service has heard of.
    case unknown

    /// The method with this name; names are case-sensitive (RFC 9110 section 9.1).
    public init(name: BorrowedBytes) {
        // The frequent ones first.
        if name == "GET" {
            self = .get
        } else if name == "PUT" {
            self = .put
        } else {
            self = Self.allCases.first { $0 != .unknown && name == $0.name } ?? .unknown
        }
    }

    /// Whether it changes nothing by its definition, as far as resources here know it (RFC 9110 section 9.2.1).
    public var isSafe: Bool { self == .get || self == .head || self == .options }

    /// The name as it is sent; for `unknown`, the word that stands for all of them in metrics.
    public var name: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .post: "POST"
        case .patch: "PATCH"
        case .trace: "TRACE"
        case .connect: "CONNECT"
        case .unknown: "other"
        }
    }
}

/// The methods that a resource allows.
public struct MethodSet: OptionSet, Sendable {
    /// One bit a method, at the place of its number.
    public let rawValue: UInt16

    /// The set with these bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The set of `methods`.
    public init(_ methods: Method...) {
        rawValue = methods.reduce(0) { $0 | 1 << UInt16($1.rawValue) }
    }

    /// Whether `method` is allowed.
    public func allows(_ method: Method) -> Bool { rawValue >> UInt16(method.rawValue) & 1 == 1 }

    /// The names, as the `Allow` field lists them (RFC 9110 section 10.2.1).
    public var list: String {
        Method.allCases.filter { allows($0) }.map { "\($0.name)" }.joined(separator: ", ")
    }
}
