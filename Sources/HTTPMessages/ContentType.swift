/// The type of a response's content.
public enum ContentType: Sendable {
    /// What the field lines of a stored value say. Where there are none, or `Content-Type` is not the first of them, the
    /// value is sent as `application/octet-stream`.
    case stored
    /// Text for a terminal.
    case plainText
    /// The same, where `Accept` might have asked for JSON: `Vary` says so.
    case plainTextByAccept
    /// JSON (RFC 8259), as `Accept` asks for: `Vary` says so.
    case json
    /// An error as JSON (RFC 9457), as `Accept` asks for: `Vary` says so.
    case problemJSON
    /// The results of a batch.
    case batch
    /// Metrics in the Prometheus text format 0.0.4, unless `Accept` asks for another, gzipped where `Accept-Encoding` lets
    /// them be: `Vary` says so.
    case prometheusText
    /// Metrics in OpenMetrics 1.0, as above.
    case openMetrics
    /// A page for a browser, chosen in the same way.
    case html
    /// Text for a terminal, chosen in the same way.
    case help
    /// A description of the API (RFC 9512).
    case yaml
}
