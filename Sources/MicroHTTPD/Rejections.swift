import Locks

/// Counts of connections that were refused, or ended for what their clients did or left undone.
final class Rejections: Sendable {
    /// Why. The raw value is the word for it in the metrics.
    enum Reason: String, CaseIterable {
        /// There were as many connections as may be.
        case connections
        /// There were as many of one address as may be.
        case addressConnections = "address_connections"
        /// The process had no descriptor left.
        case descriptors
        /// See `HTTPServer.Deadlines`.
        case headerTimeout = "header_timeout"
        case bodyTimeout = "body_timeout"
        case requestTimeout = "request_timeout"
        case writeTimeout = "write_timeout"
    }

    private let counts = AnnotatedMutex<[Reason: UInt64]>([:])

    /// Counts one. Any thread.
    func count(_ reason: Reason) { counts.withLock { $0[reason, default: 0] += 1 } }

    /// The counts of all reasons, also of those that have not been met. Any thread.
    var all: [HTTPServer.RejectionCount] {
        let counts = counts.withLock { $0 }
        return Reason.allCases.map { HTTPServer.RejectionCount(reason: $0.rawValue, count: counts[$0] ?? 0) }
    }
}

extension HTTPServer {
    /// How many connections were refused or ended for one reason.
    public struct RejectionCount: Sendable {
        /// One word.
        public let reason: String
        /// Since the start.
        public let count: UInt64
    }
}
