import CMicroHTTPD
public import HTTPMessages
public import Sockets
import Threads

/// An HTTP server on libmicrohttpd: one thread that accepts, event loops that each serve their share of the
/// connections, workers that run them, and one thread that resumes the requests whose answers come later. It knows nothing
/// of keys and values.
public final class HTTPServer: Sendable {
    /// How a server is set up.
    public struct Configuration: Sendable {
        /// Address or name to listen on.
        public var host: String
        /// Port to listen on; 0 lets the system pick one.
        public var port: UInt16
        /// Number of event loops, and of threads that run them at most.
        public var threads: Int
        /// Connections served at once; one more is answered 503.
        public var maximumConnections: Int
        /// Connections of one address that are served at once, one more is answered 503; nil for as many as there may be.
        public var maximumConnectionsPerAddress: Int?
        /// How long connections may take for each of their steps.
        public var deadlines: Deadlines
        /// Bytes of content that is not wanted, after which a request is answered 413, or with what else is wrong with it, and the
        /// connection ended.
        public var maximumSkippedBytes = 128 << 20
        /// Which requests are logged; nil for none.
        public var requestLogging: RequestLogging?

        /// What connections are secured with; nil for plain HTTP.
        public var security: ServerSecurity?

        /// The library, or what a test takes it for.
        var engine = Engine.current

        /// A set-up of these values.
        public init(
            host: String, port: UInt16, threads: Int, maximumConnections: Int, deadlines: Deadlines = Deadlines()
        ) {
            self.host = host
            self.port = port
            self.threads = threads
            self.maximumConnections = maximumConnections
            self.deadlines = deadlines
        }
    }

    /// Where the server listens.
    public let address: SocketAddress
    let loops: [EventLoop]
    let workers: Workers
    private let acceptor: Acceptor
    private let resumer: Resumer
    private let lingering: LingeringSockets
    private let rejections = Rejections()
    private let reporter: RequestReporter?

    /// Binds, listens and serves, calling `handler` on all event loops' threads at once. Throws where the address is
    /// taken or the system refuses a socket or a thread.
    public init(_ configuration: Configuration, handler: any RequestHandler) throws(SocketFailure) {
        let listener = try Listener(host: configuration.host, port: configuration.port)
        let wakeUp = try WakeUp()
        let lingering = LingeringSockets(wakeUp: wakeUp)
        let resumer = try Resumer(loopCount: configuration.threads)
        let addresses = configuration.maximumConnectionsPerAddress.map { AddressCounts(limit: $0) }
        var reporter: RequestReporter?
        if let logging = configuration.requestLogging {
            reporter = try RequestReporter(logging, loopCount: configuration.threads)
        }
        var loops: [EventLoop] = []
        var workers: Workers?
        do throws(SocketFailure) {
            for (index, waiting) in resumer.waiting.enumerated() {
                loops.append(
                    try EventLoop(
                        handler: handler, connectionLimit: configuration.maximumConnections + 1,
                        skipLimit: configuration.maximumSkippedBytes, lingering: lingering, waiting: waiting,
                        recorder: reporter?.recorders[index], addresses: addresses, rejections: rejections,
                        security: configuration.security, engine: configuration.engine))
            }
            let started = try Workers(loops)
            workers = started
            try started.start()
            if loops.count > 1 { try started.startPacing(WorkerPacing(limit: loops.count)) }
            self.workers = started
            try reporter?.start()
            try resumer.start()
            let acceptor = Acceptor(
                listener: listener, loops: loops, connectionLimit: configuration.maximumConnections,
                addresses: addresses, deadlines: configuration.deadlines, rejections: rejections, lingering: lingering,
                wakeUp: wakeUp, speaksPlainly: configuration.security == nil)
            try acceptor.start()
            self.acceptor = acceptor
        } catch {
            resumer.stop()
            workers?.stop()
            for loop in loops { loop.stop() }
            reporter?.stop()
            throw error
        }
        self.loops = loops
        self.resumer = resumer
        self.lingering = lingering
        self.reporter = reporter
        address = listener.address
    }

    deinit { stop() }

    /// The version of libmicrohttpd that runs. `MHD_get_version`.
    public static var engineVersion: String { Engine.currentVersion }

    /// Whether that version was read and tried. One that was not serves as safely, and slower.
    public static var isEngineKnown: Bool { Engine.current.isKnown }

    /// Descriptors that a server with so many event loops needs beside those of its connections.
    public static func reservedDescriptors(threads: Int) -> Int {
        32 + (5 + Int(Engine.current.ownDescriptorCount)) * threads + LingeringSockets.limit
    }

    /// Requests answered so far, by method, route and status. O(counters).
    public var requestCounts: [RequestCount] { loops.map(\.counters).summed() }

    /// How long requests took that are over, by method. O(counters).
    public var requestDurations: [DurationCounts] { loops.map(\.durations).summed() }

    /// What was received and sent so far. O(event loops).
    public var traffic: Traffic { loops.map(\.traffic).summed() }

    /// Threads that run event loops at this moment: fewer than there are loops where cores are scarce.
    public var runningWorkerCount: Int { workers.runningCount }

    /// Connections open at this moment.
    public var connectionCount: Int { loops.reduce(0) { $0 + $1.connectionCount } }

    /// Connections that may be open at once.
    public var connectionLimit: Int { acceptor.connectionLimit }

    /// Requests that wait for their answer at this moment, without a thread. O(event loops).
    public var waitingCount: Int { resumer.waiting.reduce(0) { $0 + $1.count } }

    /// Connections refused, or ended because they were late, by reason.
    public var rejectionCounts: [RejectionCount] { rejections.all }

    /// How often connections have been looked at that their clients may have left.
    var sweepCount: Int { acceptor.sweepCount }

    /// Stops accepting, lets every answer end its connection and say so, and waits until all are closed or `timeout` is over.
    /// Requests that wait for others get their answer at once. A connection without a request is ended when it has been silent for a
    /// second: a client that was about to send the next request has done so by then, and it is answered. Until `stop()`,
    /// connections are ended that their clients have left or that make no progress, as before.
    ///
    /// - Returns: whether all connections have ended by themselves.
    public func drain(timeout: Duration) async -> Bool {
        let deadline = ContinuousClock.now + timeout
        // All of them first: who sees one connection end may count on answers on all others to say that they do.
        for loop in loops { loop.beginDrain() }
        for requests in resumer.waiting { requests.drain() }
        acceptor.beginDrain()
        while true {
            if acceptor.isClosed && connectionCount == 0 && lingering.isEmpty { return true }
            if ContinuousClock.now >= deadline { return connectionCount == 0 }
            // Cancelled or not, the deadline stands; a cancelled sleep returns at once, which only looks more often.
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Ends the server and every connection that it still has. Blocks until all threads have ended.
    /// Not to be called from two threads at once.
    public func stop() {
        acceptor.stop()
        acceptor.join()
        // The library aborts the process where it is stopped with a suspended connection.
        resumer.stop()
        workers.stop()
        for loop in loops { loop.stop() }
        reporter?.stop()
    }
}
