import HTTPMessages

/// A request whose answer comes later. Its connection is suspended: the library does not look at it until it is resumed.
///
/// Lives from the answer `.later` to the end of the request, and longer where somebody still holds the resumption.
/// `@unchecked Sendable`: `pending` belongs to the event loop's thread, `standing` is guarded by the lock of `registry`,
/// and all else is constant.
final class WaitingRequest: Resumption, @unchecked Sendable {
    /// The library's connection. Valid as long as the request has not ended, so for whoever finds it suspended.
    let connection: OpaquePointer
    /// The connection's socket; open as long as `connection` is valid.
    let descriptor: Int32
    private let registry: WaitingRequests
    /// `PendingResponse.isAtWork`.
    let isAtWork: Bool

    /// Who has the response; nil once the request has ended, since he may hold this object.
    @exclusivity(unchecked) private(set) var pending: (any PendingResponse)?

    /// How the request stands with its registry, which alone uses this.
    struct Standing {
        /// Where the registry has it; nil while it is not suspended.
        var place: Int?
        /// Whether it was resumed since the response was last asked for.
        var isWoken = false
        /// Whether its client has left.
        var isAbandoned = false
        /// Whether it is over.
        var hasEnded = false
    }
    @exclusivity(unchecked) var standing = Standing()

    init(
        _ pending: any PendingResponse, connection: OpaquePointer, descriptor: Int32, registry: WaitingRequests
    ) {
        self.pending = pending
        isAtWork = pending.isAtWork
        self.connection = connection
        self.descriptor = descriptor
        self.registry = registry
    }

    func resume() { registry.wake(self) }

    /// The request has ended; from now on nobody can resume it. On the loop's thread.
    func end() {
        registry.end(self)
        let ended = pending
        pending = nil
        ended?.end()
    }
}
