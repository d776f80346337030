public import ByteBuffers

/// What the service says of itself, besides the values it keeps.
public struct ServiceDocuments: Sendable {
    /// Renders the metrics, in the Prometheus text format.
    public var metrics: @Sendable () -> SharedBytes
    /// Whether new requests are welcome: false while draining.
    public var isReady: @Sendable () -> Bool
    /// `openapi.yaml`.
    public var openAPI: SharedBytes
    /// Renders the page at `/`.
    public var help: @Sendable () -> SharedBytes

    /// These documents.
    public init(
        metrics: @escaping @Sendable () -> SharedBytes, isReady: @escaping @Sendable () -> Bool, openAPI: SharedBytes,
        help: @escaping @Sendable () -> SharedBytes
    ) {
        self.metrics = metrics
        self.isReady = isReady
        self.openAPI = openAPI
        self.help = help
    }
}
