import ByteBuffers
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

        /// These limits.
        public init(keyBytes: Int, valueBytes: Int) {
            self.keyBytes = keyBytes
            self.valueBytes = valueBytes
        }
    }

    let store: ShardedStore
    let limits: Limits
    /// Tells this run's entity tags from those of others.
    let nonce: UInt64
    let documents: ServiceDocuments

    /// An API over `store`.
    public init(
        store: ShardedStore, limits: Limits, documents: ServiceDocuments, nonce: UInt64 = EntityTag.randomNonce()
    ) {
        self.store = store
        self.limits = limits
        self.documents = documents
        self.nonce = nonce
    }

    /// Decides on a PUT before its content arrives; all other requests are answered when they are complete.
    public func receive(_ request: Request) -> Reception {
        guard request.method == .put else { return .respondAtEnd }
        let target = RequestTarget(request.target, method: request.method)
        guard Route(path: target.path) == .keys else { return .respondAtEnd }
        return receivePut(request, target)
    }

    /// Answers a complete request: finds its route, and maps what became of it to a status.
    public func respond(to request: Request, upload: consuming Upload) -> Answer {
        .now(response(to: request, upload: upload))
    }

    private func response(to request: Request, upload: consuming Upload) -> Response {
        let target = RequestTarget(request.target, method: request.method)
        let route = Route(path: target.path)
        do throws(Problem) {
            switch request.method {
            case .get where route == .keys, .head where route == .keys: return try get(request, target)
            case .put where route == .keys: return try put(request, upload)
            case .delete where route == .keys: return try delete(request, target)
            case .get, .head: return try document(route)
            case .options: return try options(target, route)
            case .unknown: throw Problem(.notImplemented, "this method is not known here")
            default: throw methodNotAllowed(request.method, route)
            }
        } catch {
            var response = error.response(route: route.id, asJSON: request.prefersJSON)
            if error.status == .methodNotAllowed { response.allow = route.methods }
            return response
        }
    }

    private func methodNotAllowed(_ method: Method, _ route: Route) -> Problem {
        route == .other
            ? noSuchPath : Problem(.methodNotAllowed, "\(method.name) is not allowed here, only \(route.methods.list)")
    }

    private var noSuchPath: Problem { Problem(.notFound, "no such path; keys are at /keys/<key>, help is at /") }

    private func options(_ target: RequestTarget, _ route: Route) throws(Problem) -> Response {
        guard route != .other || target.path == "*" else { throw noSuchPath }
        var response = Response(.noContent, route: route.id)
        response.allow = target.path == "*" ? Route.keys.methods : route.methods
        return response
    }

    private func document(_ route: Route) throws(Problem) -> Response {
        switch route {
        case .metrics: return page(documents.metrics(), .prometheusText, route)
        case .openapi: return page(documents.openAPI, .yaml, route)
        case .help: return page(documents.help(), .plainText, route)
        case .livez, .healthz: return page(SharedBytes(copying: "ok\n".utf8), .plainText, route)
        case .readyz:
            guard documents.isReady() else { throw Problem(.serviceUnavailable, "draining") }
            return page(SharedBytes(copying: "ok\n".utf8), .plainText, route)
        case .keys, .other: throw noSuchPath
        }
    }

    private func page(_ content: SharedBytes, _ type: ContentType, _ route: Route) -> Response {
        var response = Response(.ok, route: route.id, body: .shared(content))
        response.contentType = type
        return response
    }
}
