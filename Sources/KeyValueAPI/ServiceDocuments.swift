public import ByteBuffers
import HTTPMessages

/// What the service says of itself, besides the values it keeps.
public struct ServiceDocuments: Sendable {
    /// Renders the metrics.
    public var metrics: @Sendable (MetricsFormat) -> SharedBytes
    /// Whether new requests are welcome: false once the service is asked to stop.
    public var isReady: @Sendable () -> Bool
    /// `openapi.yaml`.
    public var openAPI: SharedBytes
    /// Renders the page at `/` for a terminal.
    public var help: @Sendable () -> SharedBytes
    /// The page at `/` for a browser.
    public var livePage: LivePage
    /// The same content, gzipped; nil where that cannot be done.
    public var compress: @Sendable (SharedBytes) -> SharedBytes?

    /// How metrics are written.
    public enum MetricsFormat: Sendable {
        /// The Prometheus text format 0.0.4.
        case text
        /// OpenMetrics 1.0.
        case openMetrics
    }

    /// A page for browsers.
    public struct LivePage: Sendable {
        /// The HTML document.
        public var content: SharedBytes
        /// The same, gzipped, if it can be.
        public var gzip: SharedBytes?
        /// Its `Content-Security-Policy`.
        public var securityPolicy: String

        /// A page of these parts.
        public init(content: SharedBytes, gzip: SharedBytes?, securityPolicy: String) {
            self.content = content
            self.gzip = gzip
            self.securityPolicy = securityPolicy
        }
    }

    /// These documents.
    public init(
        metrics: @escaping @Sendable (MetricsFormat) -> SharedBytes, isReady: @escaping @Sendable () -> Bool,
        openAPI: SharedBytes, help: @escaping @Sendable () -> SharedBytes, livePage: LivePage,
        compress: @escaping @Sendable (SharedBytes) -> SharedBytes?
    ) {
        self.metrics = metrics
        self.isReady = isReady
        self.openAPI = openAPI
        self.help = help
        self.livePage = livePage
        self.compress = compress
    }
}

// Choosing a document, and the form of it that the client takes.
extension KeyValueAPI {
    func document(_ route: Route, _ request: Request) throws(Problem) -> Response {
        switch route {
        case .metrics:
            let format = request.prefersOpenMetrics ? ServiceDocuments.MetricsFormat.openMetrics : .text
            let content = documents.metrics(format)
            let gzip = request.acceptsGzip ? documents.compress(content) : nil
            return page(content, gzip: gzip, format == .text ? .prometheusText : .openMetrics, route)
        case .openapi: return page(documents.openAPI, .yaml, route)
        case .help:
            guard request.prefersHTML else { return page(documents.help(), .help, route) }
            let live = documents.livePage
            var response = page(live.content, gzip: request.acceptsGzip ? live.gzip : nil, .html, route)
            response.add(isNotToBeSniffed: true, securityPolicy: live.securityPolicy)
            return response
        case .livez, .healthz: return page(SharedBytes(copying: "ok\n".utf8), .plainText, route)
        case .readyz:
            guard documents.isReady() else { throw Problem(.serviceUnavailable, "draining") }
            return page(SharedBytes(copying: "ok\n".utf8), .plainText, route)
        case .keys, .collection, .batch, .other: throw noSuchPath(request.target)
        }
    }

    private func page(
        _ content: SharedBytes, gzip: SharedBytes? = nil, _ type: ContentType, _ route: Route
    ) -> Response {
        var response = Response(.ok, route: route.id, body: .shared(gzip ?? content))
        response.contentType = type
        if gzip != nil { response.add(isGzip: true) }
        return response
    }
}
