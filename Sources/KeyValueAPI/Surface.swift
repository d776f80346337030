/// The part of the service that an API serves. To it, the rest is as unknown as any other path.
public struct Surface: Sendable, Equatable {
    /// A bit for each route, at the place of its number.
    private let routes: UInt16

    private init(_ routes: [Route]) {
        self.routes = routes.reduce(1 << UInt16(Route.other.rawValue)) { $0 | 1 << UInt16($1.rawValue) }
    }

    /// All there is.
    public static let everything = Surface(Route.allCases)
    /// The keys, and nothing about the service.
    public static let data = Surface([.keys, .collection, .batch])
    /// What the service says of itself, and none of the keys.
    public static let administration = Surface([.metrics, .livez, .healthz, .readyz, .openapi, .help])

    /// Whether `route` is a part of it.
    @inline(__always)
    func has(_ route: Route) -> Bool { routes &>> UInt16(truncatingIfNeeded: route.rawValue) & 1 == 1 }
}
