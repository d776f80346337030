/// The status codes that this service answers with (RFC 9110 section 15).
public enum Status: UInt16, CaseIterable, Sendable {
    case ok = 200
    case created = 201
    case noContent = 204
    case notModified = 304
    case badRequest = 400
    case notFound = 404
    case methodNotAllowed = 405
    case preconditionFailed = 412
    case contentTooLarge = 413
    case uriTooLong = 414
    case internalServerError = 500
    case notImplemented = 501
    case serviceUnavailable = 503

    /// The number.
    public var code: Int { Int(rawValue) }

    /// The position among `allCases`, for counters in an array.
    public var index: Int {
        switch self {
        case .ok: 0
        case .created: 1
        case .noContent: 2
        case .notModified: 3
        case .badRequest: 4
        case .notFound: 5
        case .methodNotAllowed: 6
        case .preconditionFailed: 7
        case .contentTooLarge: 8
        case .uriTooLong: 9
        case .internalServerError: 10
        case .notImplemented: 11
        case .serviceUnavailable: 12
        }
    }

    /// The phrase that goes with the number, also the title of an error (RFC 9457 section 3.1.3).
    public var phrase: String {
        switch self {
        case .ok: "OK"
        case .created: "Created"
        case .noContent: "No Content"
        case .notModified: "Not Modified"
        case .badRequest: "Bad Request"
        case .notFound: "Not Found"
        case .methodNotAllowed: "Method Not Allowed"
        case .preconditionFailed: "Precondition Failed"
        case .contentTooLarge: "Content Too Large"
        case .uriTooLong: "URI Too Long"
        case .internalServerError: "Internal Server Error"
        case .notImplemented: "Not Implemented"
        case .serviceUnavailable: "Service Unavailable"
        }
    }
}
