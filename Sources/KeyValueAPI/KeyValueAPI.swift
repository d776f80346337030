public import ByteBuffers
public import HTTPMessages
public import KeyValueStore

/// The service's HTTP contract, without sockets: routes, and the one mapping of what the store says to what HTTP says.
///
/// A class, so that passing it along costs nothing: every thread would otherwise count references to the same few objects.
public final class KeyValueAPI: RequestHandler {
    /// Limits on what clients send.
    public struct Limits: Sendable {
        /// The longest key, decoded, in bytes.
        public var keyBytes: Int
        /// The largest value, in bytes.
        public var valueBytes: Int
        /// When values expire that are stored without a word about that; nil for never.
        public var defaultTimeToLive: TimeToLive?

        /// The most bytes of a batch, and of the values in its answer: both are kept while the batch is at work.
        public var batchBytes: Int { min(4 << 20, valueBytes) }

        /// These limits.
        public init(keyBytes: Int, valueBytes: Int, defaultTimeToLive: TimeToLive? = nil) {
            self.keyBytes = keyBytes
            self.valueBytes = valueBytes
            self.defaultTimeToLive = defaultTimeToLive
        }
    }

    let store: ShardedStore
    let limits: Limits
    /// Tells this run's entity tags from those of others.
    let nonce: UInt64
    let documents: ServiceDocuments
    let surface: Surface
    /// Whether `surface` is not all there is, at hand.
    private let isPartial: Bool
    /// Who is let in; nil for everybody.
    let access: AccessControl?
    /// Which pages of other sites may write; nil for none.
    let sharing: CrossOriginSharing?
    /// The hosts that are answered to; empty for any.
    let allowedHosts: [AllowedHost]
    let removalSlots = RemovalSlots()
    let workers = LongWorkers()

    /// An API over `store`, of which `surface` is served, to those whom `access` lets in, to pages of `trustedOrigins`, and by the
    /// names in `allowedHosts`, or any where there are none.
    public init(
        store: ShardedStore, limits: Limits, documents: ServiceDocuments, surface: Surface = .everything,
        access: AccessControl? = nil, trustedOrigins: TrustedOrigins = .none, allowedHosts: [AllowedHost] = [],
        nonce: UInt64 = EntityTag.randomNonce()
    ) {
        self.store = store
        self.limits = limits
        self.documents = documents
        self.surface = surface
        isPartial = surface != .everything
        self.access = access
        sharing = CrossOriginSharing(trustedOrigins)
        self.allowedHosts = allowedHosts
        self.nonce = nonce
    }

    /// Decides on a request with a value before its content arrives; all others are answered when they are complete.
    public func receive(_ request: Request, into builder: inout BytesBuilder?) -> Reception {
        let target = request.target
        let route = Route(path: target.path)
        if isPartial, !surface.has(route) { return receiveElsewhere(request) }
        do throws(Problem) {
            switch (route, request.method) {
            case (.keys, .put): return try receivePut(request, target, &builder)
            case (.keys, .post): return try receivePost(request, target, &builder)
            case (.batch, .post): return try receiveBatch(request, target, &builder)
            default:
                // Skipped, but not without end.
                try checkLength(request, limit: limits.valueBytes, "content")
                try checkAllowed(request, route)
                return .respondAtEnd
            }
        } catch {
            return refuse(request, response(to: request, route, failedWith: error))
        }
    }

    /// Answers a complete request: finds its route, and maps what became of it to a status.
    public func respond(to request: Request, upload: consuming Upload) -> Response {
        let target = request.target
        let route = Route(path: target.path)
        if isPartial, !surface.has(route) { return respondElsewhere(request) }
        do throws(Problem) {
            switch request.method {
            case .get where route == .keys, .head where route == .keys: return try get(request, target)
            case .put where route == .keys: return try put(request, target, upload)
            case .delete where route == .keys: return try delete(request, target)
            case .post where route == .keys: return try post(request, target, upload)
            case .get where route == .collection, .head where route == .collection:
                return try list(request, target)
            case .delete where route == .collection: return try removeAll(request, target)
            case .post where route == .batch: return try batch(request, upload)
            case .options:
                try checkAllowed(request, route)
                return options(target, route)
            default:
                try checkAllowed(request, route)
                return try document(route, request)
            }
        } catch {
            return response(to: request, route, failedWith: error)
        }
    }

    func response(to request: Request, _ route: Route, failedWith problem: Problem) -> Response {
        var response = problem.response(route: route.id, asJSON: request.prefersJSON)
        if problem.status == .methodNotAllowed { response.allow = route.methods }
        return response
    }

    /// Throws for what no content can make good: 501, 404 or 405.
    private func checkAllowed(_ request: Request, _ route: Route) throws(Problem) {
        let isAsterisk = request.method == .options && request.target.path == "*"
        if request.method == .unknown {
            throw Problem(.notImplemented, "the method '\(request.methodName.excerpt())' is not known here")
        }
        if route == .other, !isAsterisk { throw noSuchPath(request.target) }
        guard route.methods.allows(request.method) else {
            throw Problem(
                .methodNotAllowed, "\(request.method.name) is not allowed here, only \(route.methods.list)")
        }
    }

    func noSuchPath(_ target: RequestTarget) -> Problem {
        var places: [String] = []
        if surface.has(.keys) { places.append("keys are at /keys/<key>") }
        if surface.has(.help) { places.append("help is at /") }
        return Problem(
            .notFound, "no such path as '\(target.path.excerpt())'; \(places.joined(separator: ", "))")
    }

    /// `receive` for a path that is not served here.
    @inline(never)
    private func receiveElsewhere(_ request: Request) -> Reception {
        do throws(Problem) {
            try checkLength(request, limit: limits.valueBytes, "content")
            try checkAllowed(request, .other)
            return .respondAtEnd
        } catch {
            return refuse(request, response(to: request, .other, failedWith: error))
        }
    }

    /// `respond` for a path that is not served here.
    @inline(never)
    private func respondElsewhere(_ request: Request) -> Response {
        do throws(Problem) {
            try checkAllowed(request, .other)
            throw noSuchPath(request.target)
        } catch {
            return response(to: request, .other, failedWith: error)
        }
    }

    /// The route that a target leads to.
    func route(of target: RequestTarget) -> Route {
        let route = Route(path: target.path)
        return surface.has(route) ? route : .other
    }

    private func options(_ target: RequestTarget, _ route: Route) -> Response {
        var response = Response(.noContent, route: route.id)
        response.allow = target.path == "*" ? Route.keys.methods : route.methods
        return response
    }
}
