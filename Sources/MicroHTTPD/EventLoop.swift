import ByteBuffers
import CMicroHTTPD
import CTransportSecurity
import Glibc
import HTTPMessages
import Locks
import Sockets
import Synchronization
import TransportSecurity

/// One libmicrohttpd daemon: an epoll loop, and the connections given to it.
///
/// Runs on a worker's thread, here called the loop's, which may be another one from turn to turn. The threads are ours, and not
/// the library's: see `latchkey_run_daemon` and `Workers`.
/// `@unchecked Sendable`: `fieldLines`, `date`, `readyResponses`, `stalled`, `arrivals` and the counts are used by the
/// holder of `ownership` alone (and so need no check of exclusive access, which costs more than the access), `daemon` and `epollSet` are set before any
/// worker starts and changed after they have ended; all else is constant or guards itself.
final class EventLoop: @unchecked Sendable {
    let handler: any RequestHandler
    /// Whether the handler is asked if it refuses a request, at hand.
    let isGuarded: Bool
    let counters = RequestCounters()
    let durations = RequestDurations()
    let traffic = TrafficCounters()
    /// Who logs requests, or nil.
    let recorder: RequestRecorder?
    /// A request that lasted so many nanoseconds is logged.
    let recordedDuration: UInt64
    /// Whether answers say that the connection ends with them.
    let isDraining = Atomic<Bool>(false)
    /// Where sockets go that were answered before all of the request was read.
    let lingering: LingeringSockets
    @exclusivity(unchecked) var fieldLines = FieldLines()
    @exclusivity(unchecked) var date = HTTPDate()
    let readyResponses = ReadyResponses()
    /// What is known of the library.
    let engine: Engine
    /// `Engine.headCheck`, at hand.
    let walksHeads: Bool
    /// Whether each answer ends its connection.
    let endsConnections: Bool
    /// What connections are secured with; nil for plain ones.
    let security: ServerSecurity?
    /// Connections that shake hands.
    let shakingCount = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    /// Counted where connections shake hands, or content comes in chunks.
    @exclusivity(unchecked) private var stalled = StalledTurns()
    /// Connections of which the request comes in chunks, where the library may spin for one.
    @exclusivity(unchecked) var chunkedCount = 0
    /// Those of which nothing comes.
    @exclusivity(unchecked) var silentCount = 0
    /// Connections that were given up and are not closed. Changed by the loop's thread.
    let givenUpCount = Atomic<Int>(0)
    /// Pieces of content that have come, to see whether any do.
    @exclusivity(unchecked) var pieceCount: UInt64 = 0
    /// Whether the library has found no memory for the head of an answer, until it says that the request is completed.
    @exclusivity(unchecked) var hasNoRoom = false
    /// The requests whose answers come later.
    let waiting: WaitingRequests

    /// Readable when there is something to do.
    @exclusivity(unchecked) private(set) var epollSet: Int32 = -1
    @exclusivity(unchecked) private var daemon: OpaquePointer?
    /// Read by the library for as long as the daemon runs.
    private let options = UnsafeMutablePointer<latchkey_daemon_options>.allocate(capacity: 1)
    /// By socket. Guarded, so that a drain never touches a socket that is closed already, or another's by now.
    let connections = AnnotatedMutex<[Int32: Connection]>([:])
    private let given = Atomic<Int>(0)
    private let closed = Atomic<Int>(0)
    /// The descriptors in the epoll set: of the connections that the library serves, its own, and the one that wakes the loop.
    @exclusivity(unchecked) private var descriptorCount: Int32
    @exclusivity(unchecked) var arrivals = Arrivals()
    private let addresses: AddressCounts?
    private let news = AnnotatedMutex(News())
    /// Whether the thread is to look at `news`.
    private let hasNews = Atomic<Bool>(false)
    let rejections: Rejections

    /// Held by the worker that runs the loop. The last field, since ThreadSanitizer takes a value without size for the next one.
    let ownership = AnnotatedMutex<Void>(())

    /// What other threads have for the loop's.
    private struct News: Sendable {
        /// Sockets to be given to the library.
        var newcomers: [Newcomer] = []
        /// Connections to be ended.
        var late: [LateConnection] = []
        /// Connections to be looked at, on which content comes in chunks.
        var chunked: [Connection] = []
    }

    /// Connections pool their request and answer in this many bytes; it also bounds target and fields, and is zeroed
    /// after every request.
    private static let poolBytes = 16 * 1024
    /// What of them a request's head may take, so that there is room for the head of any answer: the library closes the
    /// connection without a word where there is not, and that after the request was carried out.
    static let largestHead = poolBytes - 5 * 1024
    /// Bytes of unwanted content after which a request is answered without the rest of it.
    let skipLimit: Int

    /// Starts the daemon, which serves nobody until a worker runs it. Throws where the library cannot.
    init(
        handler: any RequestHandler, connectionLimit: Int, skipLimit: Int, lingering: LingeringSockets,
        waiting: WaitingRequests, recorder: RequestRecorder?, addresses: AddressCounts? = nil,
        rejections: Rejections = Rejections(), security: ServerSecurity? = nil, engine: Engine = .current
    ) throws(SocketFailure) {
        self.handler = handler
        isGuarded = handler.isGuarded
        self.skipLimit = skipLimit
        self.lingering = lingering
        self.waiting = waiting
        self.engine = engine
        walksHeads = engine.headCheck == .walk
        endsConnections = engine.headCheck == .none
        descriptorCount = 1 + engine.ownDescriptorCount
        self.recorder = recorder
        self.addresses = addresses
        self.rejections = rejections
        self.security = security
        recordedDuration = recorder?.threshold ?? .max
        shakingCount.initialize(to: 0)
        options.initialize(
            to: latchkey_daemon_options(
                connection_limit: UInt32(connectionLimit), connection_memory_bytes: Self.poolBytes,
                context: Unmanaged.passUnretained(self).toOpaque(), handle_request: handleRequest,
                start_request: startRequest, notify_connection: notifyConnection, notify_completed: notifyCompleted,
                unescape: leaveEscaped, notify_own_reply: notifyOwnReply,
                notify_no_room: notifyNoRoom, notify_line_refused: notifyLineRefused, strictness: engine.strictness,
                certificate_callback: security == nil ? nil : latchkey_certificate_callback(),
                tls_priorities: latchkey_tls_priorities()))
        guard let started = latchkey_start_daemon(options) else {
            options.deallocate()
            throw SocketFailure("start an event loop of libmicrohttpd")
        }
        daemon = started
        epollSet = latchkey_epoll_set(started)
        guard latchkey_add_wake_up(started, waiting.loopSignal.descriptor) == 0 else {
            stop()
            throw SocketFailure("add an eventfd to an epoll set")
        }
    }

    deinit {
        counters.deallocate()
        durations.deallocate()
        traffic.deallocate()
        shakingCount.deallocate()
    }

    /// Connections that were given to the loop and are not closed.
    var connectionCount: Int {
        // In this order, so that one that comes and goes in between is not counted as gone only.
        let closed = closed.load(ordering: .acquiring)
        return given.load(ordering: .relaxed) - closed
    }

    /// Hands a connected, non-blocking socket to the loop, which closes it. Any thread.
    func add(_ newcomer: Newcomer) {
        given.add(1, ordering: .relaxed)
        tell { $0.newcomers.append(newcomer) }
    }

    /// Has connections ended that have missed deadlines, unless they have gone on meanwhile, and others looked at, on which content
    /// comes in chunks. Any thread.
    func look(at chunked: [Connection], ending late: [LateConnection]) {
        if chunked.isEmpty && late.isEmpty { return }
        tell { news in
            news.chunked += chunked
            news.late += late
        }
    }

    private func tell(_ add: (inout News) -> Void) {
        news.withLock { add(&$0) }
        hasNews.store(true, ordering: .releasing)
        waiting.loopSignal.send()
    }

    /// Waits until there is something to do, and does it. By the holder of `ownership`; woken by `waiting.loopSignal`.
    func waitAndServe() {
        guard let daemon else { return }
        if mayStall {
            if !hasPendingWork(daemon) { _ = hasEvents(within: -1) }
            runWatched(daemon)
        } else {
            latchkey_run_daemon(daemon, descriptorCount)
        }
        serveNews(daemon)
    }

    /// Does what there is to do at this moment. By the holder of `ownership`.
    ///
    /// - Returns: whether there is more, of which `epollSet` does not tell.
    func serve() -> Bool {
        guard let daemon else { return false }
        if mayStall { runWatched(daemon) } else { MHD_run(daemon) }
        serveNews(daemon)
        return hasPendingWork(daemon)
    }

    /// Whether the library may have it that there is something to do where there is not.
    private var mayStall: Bool { shakingCount.pointee > 0 || chunkedCount > 0 }

    private func runWatched(_ daemon: OpaquePointer) {
        let progress = progress
        let hasEvents = security == nil && hasEvents(within: 0)
        MHD_run(daemon)
        stalled.noteTurn(madeProgress: hasEvents || self.progress != progress)
    }

    /// Changes where something gets on that no event has told of.
    private var progress: UInt64 {
        security == nil
            ? pieceCount &+ traffic.value(of: .startedRequests) &+ traffic.value(of: .endedRequests)
            : latchkey_secure_progress()
    }

    private func hasEvents(within milliseconds: Int32) -> Bool {
        var ready = pollfd(fd: epollSet, events: Int16(POLLIN), revents: 0)
        return poll(&ready, 1, milliseconds) > 0
    }

    private func hasPendingWork(_ daemon: OpaquePointer) -> Bool {
        latchkey_has_pending_work(daemon) && !(mayStall && stalled.areAllThereIs)
    }

    private func serveNews(_ daemon: OpaquePointer) {
        // A look that usually finds nothing, and writes nothing then.
        guard hasNews.load(ordering: .relaxed), hasNews.exchange(false, ordering: .acquiring) else { return }
        stalled.noteTurn(madeProgress: true)
        // A turn that a signal has cut short takes none of those that have come.
        if !latchkey_has_pending_work(daemon) { countRefused() }
        takeNews(daemon)
        // In its next turn, which it takes at once, the library begins with these or refuses them.
        if !arrivals.isEmpty { hasNews.store(true, ordering: .relaxed) }
    }

    private func takeNews(_ daemon: OpaquePointer) {
        let told = news.withLock { news in
            let told = news
            news = News()
            return told
        }
        for late in told.late { endLate(late) }
        if !told.chunked.isEmpty { look(at: told.chunked, hasPendingWork: latchkey_has_pending_work(daemon)) }
        for newcomer in told.newcomers { give(newcomer, to: daemon) }
    }

    /// Registers a connection that the library has begun to serve.
    func register(_ connection: Connection) {
        descriptorCount += 1
        connections.withLock { $0[connection.descriptor] = connection }
    }

    /// Forgets a connection. Its socket is still open, and is not used by us any more after this.
    func unregister(_ connection: Connection) {
        descriptorCount -= 1
        endChunks(of: connection)
        if connection.givenUp != nil { givenUpCount.subtract(1, ordering: .relaxed) }
        connections.withLock { _ = $0.removeValue(forKey: connection.descriptor) }
        countClosed(connection.address)
    }

    /// Counts a connection out that was given to the loop, once.
    func countClosed(_ address: PeerAddress?) {
        if let address { addresses?.leave(address) }
        closed.add(1, ordering: .releasing)
    }

    /// From now on every answer ends its connection.
    func beginDrain() { isDraining.store(true, ordering: .relaxed) }

    /// Ends the loop and every connection it still has, none of which may be suspended. `MHD_stop_daemon`. No worker may run it
    /// any more. Not to be called from two threads at once.
    func stop() {
        guard let daemon else { return }
        // Whoever has come meanwhile is closed with the others, once the library has begun to serve him.
        takeNews(daemon)
        MHD_run(daemon)
        countRefused()
        MHD_stop_daemon(daemon)
        self.daemon = nil
        options.deallocate()
    }
}
