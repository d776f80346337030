import ByteBuffers
import Compression
import HTTPMessages
import KeyValueAPI
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

/// The whole service: a store, its API and an HTTP server, from start to drained.
struct LatchkeyService: Service {
    private let configuration: ServerConfiguration
    private let logger: Logger
    private let announce: @Sendable (_ url: String) -> Void
    private let store: ShardedStore

    /// A service that is set up as `configuration` says.
    ///
    /// - Parameter announce: told where the service serves, once it does.
    init(
        configuration: ServerConfiguration, logger: Logger, announce: @escaping @Sendable (_ url: String) -> Void
    ) {
        self.configuration = configuration
        self.logger = logger
        self.announce = announce
        store = ShardedStore(
            shards: configuration.shards, maximumMemory: configuration.maxMemory,
            maximumUploads: configuration.maxUploadBytes, eviction: configuration.eviction)
    }

    /// Serves until a graceful shutdown is asked for, and then until what had arrived is answered or the drain time-out
    /// is over. Throws `StartFailure` where the address is taken or the system refuses what is needed.
    func run() async throws {
        let state = ServiceState()
        let server = try start(state)
        state.server.withLock { $0 = server }
        announce("http://\(server.address.urlHost):\(server.address.port)")
        logger.info(
            "serving",
            metadata: [
                "address": "\(server.address.urlHost):\(server.address.port)", "threads": "\(configuration.threads)",
                "shards": "\(configuration.shards)",
            ])
        let housekeeping = Task { await keepHouse(store, logger: logger) }
        defer { housekeeping.cancel() }
        // Cancellation ends the wait by throwing, and is a reason to drain like any other.
        try? await gracefulShutdown()
        await drain(server, state)
    }

    private func start(_ state: ServiceState) throws(StartFailure) -> HTTPServer {
        let (store, configuration) = (store, configuration)
        let limits = KeyValueAPI.Limits(
            keyBytes: configuration.maxKeyBytes, valueBytes: configuration.maxValueBytes,
            defaultTimeToLive: TimeToLive(configuration.defaultTTL))
        let documents = ServiceDocuments(
            metrics: { ServiceMetrics(store: store, state: state).render(as: $0) },
            isReady: { !state.isDraining.load(ordering: .relaxed) },
            openAPI: SharedBytes(copying: PackageResources.openapi_yaml),
            help: { SharedBytes(copying: helpPage(for: configuration, limits, port: state.port).utf8) },
            livePage: LivePage.load(), compress: { gzip($0, level: .fast) })
        let api = KeyValueAPI(store: store, limits: limits, documents: documents)
        let connections = effectiveConnectionLimit(
            configuration.maxConnections,
            reserved: HTTPServer.reservedDescriptors(threads: configuration.threads), logger: logger)
        do {
            var server = HTTPServer.Configuration(
                host: configuration.host, port: configuration.port, threads: configuration.threads,
                maximumConnections: connections, idleTimeout: configuration.idleTimeout)
            // A value that is too large by less than this gets its 413, and the connection lives on.
            server.maximumSkippedBytes = 2 * configuration.maxValueBytes
            server.requestLogging = configuration.requestLogging(to: logger)
            return try HTTPServer(server, handler: api)
        } catch {
            throw StartFailure(description: "\(error)")
        }
    }

    private func drain(_ server: HTTPServer, _ state: ServiceState) async {
        state.isDraining.store(true, ordering: .relaxed)
        logger.info("draining", metadata: ["connections": "\(server.connectionCount)"])
        let isDrained = await server.drain(timeout: configuration.drainTimeout)
        if !isDrained {
            logger.warning("drain time-out", metadata: ["connections": "\(server.connectionCount)"])
        }
        server.stop()
        state.server.withLock { $0 = nil }
        logger.info("stopped")
    }
}

/// What requests ask of the running service. `server` is set when it serves; requests that come before see none.
final class ServiceState: Sendable {
    let isDraining = Atomic<Bool>(false)
    let server = AnnotatedMutex<HTTPServer?>(nil)

    /// The port that is served, 0 before there is one.
    var port: UInt16 { server.withLock { $0?.address.port ?? 0 } }
}
