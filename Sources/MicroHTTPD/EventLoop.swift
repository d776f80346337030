import ByteBuffers
import CMicroHTTPD
import Glibc
import HTTPMessages
import Locks
import Sockets
import Synchronization

/// One libmicrohttpd daemon: an epoll loop on a thread of its own, and the connections given to it.
///
/// `@unchecked Sendable`: `fieldLines`, `date` and `readyResponses` are used by the loop's thread alone (and so need no check of exclusive
/// access, which costs more than the access), `daemon` is set before that thread starts and
/// read again after it has ended; all else is constant or guards itself.
final class EventLoop: @unchecked Sendable {
    let handler: any RequestHandler
    let counters = RequestCounters()
    /// Whether answers say that the connection ends with them.
    let isDraining = Atomic<Bool>(false)
    /// Where sockets go that were answered before all of the request was read.
    let lingering: LingeringSockets
    @exclusivity(unchecked) var fieldLines = FieldLines()
    @exclusivity(unchecked) var date = HTTPDate()
    let readyResponses = ReadyResponses()
    /// `sendsValuesVerbatim`, at hand.
    let sendsVerbatim = sendsValuesVerbatim
    /// The requests whose answers come later.
    let waiting: WaitingRequests

    private var daemon: OpaquePointer?
    /// By socket. Guarded, so that a drain never touches a socket that is closed already, or another's by now.
    let connections = AnnotatedMutex<[Int32: Connection]>([:])
    private let given = Atomic<Int>(0)
    private let closed = Atomic<Int>(0)

    /// Connections pool their request and answer in this many bytes; it also bounds target and fields, and is zeroed
    /// after every request.
    private static let poolBytes = 16 * 1024
    /// What of them a request's head may take, so that there is room for the head of any answer: the library closes the
    /// connection without a word where there is not, and that after the request was carried out.
    static let largestHead = poolBytes - 5 * 1024
    /// Bytes of unwanted content after which a connection is ended.
    let skipLimit: Int

    /// Starts the loop's thread. Throws where the library cannot.
    init(
        handler: any RequestHandler, connectionLimit: Int, skipLimit: Int, lingering: LingeringSockets,
        waiting: WaitingRequests
    ) throws(SocketFailure) {
        self.handler = handler
        self.skipLimit = skipLimit
        self.lingering = lingering
        self.waiting = waiting
        var options = latchkey_daemon_options(
            connection_limit: UInt32(connectionLimit), connection_memory_bytes: Self.poolBytes,
            context: Unmanaged.passUnretained(self).toOpaque(), handle_request: handleRequest,
            start_request: startRequest, notify_connection: notifyConnection, notify_completed: notifyCompleted,
            unescape: leaveEscaped)
        guard let started = latchkey_start_daemon(&options) else {
            throw SocketFailure("start an event loop of libmicrohttpd")
        }
        daemon = started
    }

    deinit { counters.deallocate() }

    /// Connections that were given to the loop and are not closed.
    var connectionCount: Int {
        // In this order, so that one that comes and goes in between is not counted as gone only.
        let closed = closed.load(ordering: .acquiring)
        return given.load(ordering: .relaxed) - closed
    }

    /// Hands a connected, non-blocking socket to the loop, which closes it. Any thread. `MHD_add_connection`.
    func add(descriptor: Int32, peer: sockaddr_storage, peerLength: socklen_t) {
        given.add(1, ordering: .relaxed)
        let result = withUnsafePointer(to: peer) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                MHD_add_connection(daemon, descriptor, $0, peerLength)
            }
        }
        if result != .YES { closed.add(1, ordering: .relaxed) }
    }

    /// Registers a connection that the library has begun to serve.
    func register(_ connection: Connection) {
        connections.withLock { $0[connection.descriptor] = connection }
    }

    /// Forgets a connection. Its socket is still open, and is not used by us any more after this.
    func unregister(_ connection: Connection) {
        connections.withLock { _ = $0.removeValue(forKey: connection.descriptor) }
        closed.add(1, ordering: .releasing)
    }

    /// From now on every answer ends its connection.
    func beginDrain() { isDraining.store(true, ordering: .relaxed) }

    /// Ends what a drain that has begun need not wait for: from now on no request waits for its answer, and connections
    /// without a request are ended at once. What they have received but not read is still answered, since only the receiving
    /// side is shut.
    func drain() {
        waiting.close()
        connections.withLock { connections in
            for connection in connections.values where connection.activity == .idle {
                shutdown(connection.descriptor, Int32(SHUT_RD))
            }
        }
    }

    /// Ends the loop and every connection it still has, none of which may be suspended. Blocks until its thread has
    /// ended. `MHD_stop_daemon`.
    func stop() {
        guard let daemon else { return }
        MHD_stop_daemon(daemon)
        self.daemon = nil
    }
}
