import HTTPMessages
import KeyValueAPI
import Logging
import MicroHTTPD

/// Which requests are logged one by one.
public enum AccessLog: String, CaseIterable, Sendable {
    /// None but those that are slow.
    case off
    /// All, without what they are about.
    case on
    /// All, with their targets, and so with keys.
    case targets
}

extension ServerConfiguration {
    /// What the engine has to tell of requests, and how it is written to `logger`; nil for nothing.
    func requestLogging(to logger: Logger) -> RequestLogging? {
        guard accessLog != .off || slowRequest > .zero else { return nil }
        let slow = slowRequest > .zero ? slowRequest : .seconds(Int64.max)
        return RequestLogging(takesAll: accessLog != .off, takesTargets: accessLog == .targets, slowDuration: slow) {
            records, droppedCount in
            if droppedCount > 0 {
                logger.warning("requests are missing here", metadata: ["count": "\(droppedCount)"])
            }
            for record in records { record.log(to: logger, slowDuration: slow) }
        }
    }
}

extension RequestRecord {
    fileprivate func log(to logger: Logger, slowDuration: Duration) {
        var metadata: Logger.Metadata = [
            "method": "\(method.name)", "route": "\(routeLabel(of: route))", "status": "\(status.code)",
            "request_bytes": "\(receivedCount)", "response_bytes": "\(sentCount)",
            "duration_us": "\(nanoseconds / 1000)",
            "lock_wait_us": "\(lockWait / 1000).\(String(1000 + lockWait % 1000).dropFirst())",
        ]
        if let target { metadata["target"] = "\(target)" }
        // Otherwise the bytes would seem to be all that were meant.
        if !wasSent { metadata["cut_short"] = "true" }
        if !hasWaited, Duration.nanoseconds(Int64(clamping: nanoseconds)) >= slowDuration {
            logger.warning("slow request", metadata: metadata)
        } else {
            logger.info("request", metadata: metadata)
        }
    }
}

/// The word for a group of resources.
func routeLabel(of route: RouteID) -> String {
    route == .none ? "none" : Route(rawValue: route.rawValue)?.label ?? "other"
}
