/// Wakes a request that waits for its response. Any thread, any number of times, also after the request has ended: it
/// does nothing then.
public protocol Resumption: AnyObject, Sendable {
    /// Has the response asked for soon. O(1); takes a lock of the HTTP engine for a moment, and calls nobody.
    func resume()
}

/// A response that is not there yet, for one request that waits.
///
/// The engine calls `start`, then `response` after each resumption until there is one, then `end`, all on the thread of
/// the request's event loop, where none of them may block. The request's views stay valid until `end`.
public protocol PendingResponse: AnyObject, Sendable {
    /// When the request is resumed though nobody asked for it; nil for never. Read each time that the request begins to
    /// wait or is resumed.
    var deadline: ContinuousClock.Instant? { get }

    /// Whether the response comes by itself and soon, whatever others do: then a drain waits for it. The same at all times.
    var isAtWork: Bool { get }

    /// Called once, when the request is about to wait. Arranges that `resumption` is resumed once the response may be
    /// there; may resume it at once.
    func start(_ resumption: any Resumption)

    /// The response; nil to wait on. It may be one that comes later again: then this one has ended.
    ///
    /// - Parameter isLast: whether the request can't wait on, because the deadline is over or the server is stopping, or
    ///   draining, which is no reason where `isAtWork`. Then there must be a response, and none that comes later.
    func response(to request: Request, isLast: Bool) -> Response?

    /// The request has ended, answered or not, as when the client has left. Called exactly once.
    func end()
}

extension PendingResponse {
    /// It waits for others.
    public var isAtWork: Bool { false }
}
