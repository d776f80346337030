import KeyValueStore
import Locks
import Logging
import MicroHTTPD
import ServiceLifecycle
import Sockets
import Synchronization

/// Why the service could not start, in one line.
public struct StartFailure: Error, CustomStringConvertible {
    /// What failed, in the system's words.
    public let description: String
}

/// Where a service is.
public struct ServiceAddresses: Sendable {
    /// Where keys are served.
    public let url: String
    /// Where metrics and health are, if that is elsewhere.
    public let adminURL: String?
}

/// The whole service: a store, its API and an HTTP server, from start to drained.
struct LatchkeyService: Service {
    let configuration: ServerConfiguration
    let logger: Logger
    let store: ShardedStore
    /// What can be read anew while the service runs.
    let files: ReloadableFiles
    private let announce: @Sendable (ServiceAddresses) -> Void

    /// A service that is set up as `configuration` says. Throws where one of its files cannot be used.
    ///
    /// - Parameter announce: told where the service serves, once it does.
    init(
        configuration: ServerConfiguration, logger: Logger, announce: @escaping @Sendable (ServiceAddresses) -> Void
    ) throws(StartFailure) {
        self.configuration = configuration
        self.logger = logger
        self.announce = announce
        files = try ReloadableFiles(configuration)
        store = ShardedStore(
            shards: configuration.shards, maximumMemory: configuration.maxMemory,
            maximumUploads: configuration.maxUploadBytes, eviction: configuration.eviction)
    }

    /// Serves until a graceful shutdown is asked for and the drain delay is over, and then until what had arrived is answered or
    /// the drain time-out is over. Throws `StartFailure` where the address is taken or the system refuses what is needed.
    func run() async throws {
        let state = ServiceState()
        let server = try startServer(state)
        state.server.withLock { $0 = server }
        // After the other, since it says that that one is ready.
        let admin = try startAdminServer(state)
        let housekeeper = try startHousekeeper(server, admin)
        defer { housekeeper.stop() }
        tell(server, admin)
        // Cancellation ends the wait by throwing, and is a reason to drain like any other.
        try? await gracefulShutdown()
        await drain(server, admin, state)
    }

    private func tell(_ server: HTTPServer, _ admin: HTTPServer?) {
        let scheme = files.security == nil ? "http" : "https"
        announce(ServiceAddresses(url: "\(scheme)://\(server.place)", adminURL: admin.map { "http://\($0.place)" }))
        var metadata: Logger.Metadata = [
            "address": "\(server.place)", "threads": "\(configuration.threads)", "shards": "\(configuration.shards)",
        ]
        if let admin { metadata["admin_address"] = "\(admin.place)" }
        logger.info("serving", metadata: metadata)
        if !HTTPServer.isEngineKnown {
            logger.warning(
                "this version of libmicrohttpd has not been tried: answers may be slower, and more of them end their connection",
                metadata: ["libmicrohttpd": "\(HTTPServer.engineVersion)"])
        }
        if files.access == nil, !server.address.isLoopback {
            logger.warning(
                "whoever reaches the address may read and write all keys: there is no --token-file",
                metadata: ["address": "\(server.place)"])
        }
    }

    private func drain(_ server: HTTPServer, _ admin: HTTPServer?, _ state: ServiceState) async {
        state.isDraining.store(true, ordering: .relaxed)
        if configuration.drainDelay > .zero {
            logger.info("not ready any more, and serving", metadata: ["drain_delay": "\(configuration.drainDelay)"])
            // Answers do not end their connections yet: whoever still comes would come back at once.
            try? await Task.sleep(for: configuration.drainDelay)
        }
        let deadline = ContinuousClock.now + configuration.drainTimeout
        logger.info("draining", metadata: ["connections": "\(server.connectionCount)"])
        let isDrained = await server.drain(timeout: configuration.drainTimeout)
        if !isDrained {
            logger.warning("drain time-out", metadata: ["connections": "\(server.connectionCount)"])
        }
        server.stop()
        // Last, so that it tells all the while that the service is not ready.
        _ = await admin?.drain(timeout: max(.zero, deadline - .now))
        admin?.stop()
        state.server.withLock { $0 = nil }
        logger.info("stopped")
    }
}

extension HTTPServer {
    /// Host and port as they stand in a URL.
    fileprivate var place: String { "\(address.urlHost):\(address.port)" }
}

/// What requests ask of the running service. `server` is set when it serves; requests that come before see none.
final class ServiceState: Sendable {
    let isDraining = Atomic<Bool>(false)
    let server = AnnotatedMutex<HTTPServer?>(nil)

    /// The port that is served, 0 before there is one.
    var port: UInt16 { server.withLock { $0?.address.port ?? 0 } }
}
