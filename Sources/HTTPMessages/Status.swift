/// The status codes that this service answers with (RFC 9110 section 15; 431 is RFC 6585's, 507 is RFC 4918's), or its HTTP
/// engine by itself.
public enum Status: UInt16, CaseIterable, Sendable {
    case ok = 200
    case created = 201
    case noContent = 204
    case partialContent = 206
    case notModified = 304
    case badRequest = 400
    case unauthorized = 401
    case forbidden = 403
    case notFound = 404
    case methodNotAllowed = 405
    case requestTimeout = 408
    case conflict = 409
    case preconditionFailed = 412
    case contentTooLarge = 413
    case uriTooLong = 414
    case rangeNotSatisfiable = 416
    case misdirectedRequest = 421
    case headerFieldsTooLarge = 431
    case internalServerError = 500
    case notImplemented = 501
    case serviceUnavailable = 503
    case versionNotSupported = 505
    case insufficientStorage = 507

    /// The number.
    public var code: Int { Int(rawValue) }

    /// The position among `allCases`, for counters in an array.
    public var index: Int {
        switch self {
        case .ok: 0
        case .created: 1
        case .noContent: 2
        case .partialContent: 3
        case .notModified: 4
        case .badRequest: 5
        case .unauthorized: 6
        case .forbidden: 7
        case .notFound: 8
        case .methodNotAllowed: 9
        case .requestTimeout: 10
        case .conflict: 11
        case .preconditionFailed: 12
        case .contentTooLarge: 13
        case .uriTooLong: 14
        case .rangeNotSatisfiable: 15
        case .misdirectedRequest: 16
        case .headerFieldsTooLarge: 17
        case .internalServerError: 18
        case .notImplemented: 19
        case .serviceUnavailable: 20
        case .versionNotSupported: 21
        case .insufficientStorage: 22
        }
    }

    /// The phrase that goes with the number, also the title of an error (RFC 9457 section 3.1.3).
    public var phrase: String {
        switch self {
        case .ok: "OK"
        case .created: "Created"
        case .noContent: "No Content"
        case .partialContent: "Partial Content"
        case .notModified: "Not Modified"
        case .badRequest: "Bad Request"
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .notFound: "Not Found"
        case .methodNotAllowed: "Method Not Allowed"
        case .requestTimeout: "Request Timeout"
        case .conflict: "Conflict"
        case .preconditionFailed: "Precondition Failed"
        case .contentTooLarge: "Content Too Large"
        case .uriTooLong: "URI Too Long"
        case .rangeNotSatisfiable: "Range Not Satisfiable"
        case .misdirectedRequest: "Misdirected Request"
        case .headerFieldsTooLarge: "Request Header Fields Too Large"
        case .internalServerError: "Internal Server Error"
        case .notImplemented: "Not Implemented"
        case .serviceUnavailable: "Service Unavailable"
        case .versionNotSupported: "HTTP Version Not Supported"
        case .insufficientStorage: "Insufficient Storage"
        }
    }
}
