import ByteBuffers
public import HTTPMessages

/// The groups of resources that this service has.
public enum Route: UInt8, CaseIterable, Sendable {
    case keys
    /// All keys together.
    case collection
    case batch, metrics, livez, healthz, readyz, openapi, help
    /// No resource of ours.
    case other

    /// The route that a path leads to, percent-encoded as it came: there is one spelling of each.
    init(path: BorrowedBytes) {
        if path.starts(with: "/keys/") {
            self = path.count == 6 ? .collection : .keys
        } else {
            self = Self.fixed.first { path == $0.path }?.route ?? .other
        }
    }

    private static let fixed: [(path: StaticString, route: Route)] = [
        ("/metrics", .metrics), ("/livez", .livez), ("/healthz", .healthz), ("/readyz", .readyz),
        ("/openapi.yaml", .openapi), ("/", .help), ("*", .other), ("/keys", .collection), ("/batch", .batch),
    ]

    /// The word for it in metrics.
    public var label: String {
        switch self {
        case .keys: "/keys/{key}"
        case .metrics: "/metrics"
        case .livez: "/livez"
        case .healthz: "/healthz"
        case .readyz: "/readyz"
        case .openapi: "/openapi.yaml"
        case .help: "/"
        case .other: "other"
        case .collection: "/keys/"
        case .batch: "/batch"
        }
    }

    /// The number that requests are counted under.
    public var id: RouteID { RouteID(rawValue: rawValue) }

    /// What is allowed here.
    var methods: MethodSet {
        switch self {
        case .keys: MethodSet(.get, .head, .put, .delete, .options, .post)
        case .collection: MethodSet(.get, .head, .delete, .options)
        case .batch: MethodSet(.options, .post)
        default: MethodSet(.get, .head, .options)
        }
    }
}
