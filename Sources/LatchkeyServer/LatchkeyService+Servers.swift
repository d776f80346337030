import ByteBuffers
import Compression
import HTTPMessages
import KeyValueAPI
import MicroHTTPD
import Sockets
import Synchronization

// Its servers: one for keys, and where that is asked for another one for what the service says of itself.
extension LatchkeyService {
    /// Connections to the admin server: a few scrapers, probes and people.
    private static let adminConnections = 64
    private static let adminThreads = 1

    /// Starts the server for keys, and for all else where there is no other one.
    func startServer(_ state: ServiceState) throws(StartFailure) -> HTTPServer {
        let api = makeAPI(
            state, serving: configuration.adminListen == nil ? .everything : .data, files.access,
            trustedOrigins: configuration.corsOrigin, allowedHosts: configuration.allowedHosts)
        let connections = effectiveConnectionLimit(
            configuration.maxConnections, reserved: reservedDescriptors, logger: logger)
        var server = HTTPServer.Configuration(
            host: configuration.host, port: configuration.port, threads: configuration.threads,
            maximumConnections: connections, deadlines: configuration.deadlines)
        if configuration.maxConnectionsPerAddress > 0 {
            server.maximumConnectionsPerAddress = configuration.maxConnectionsPerAddress
        }
        server.maximumSkippedBytes = configuration.maxValueBytes
        server.security = files.security
        server.requestLogging = configuration.requestLogging(to: logger)
        return try start(server, api)
    }

    /// Starts the server for metrics, health and help, if there is to be one.
    func startAdminServer(_ state: ServiceState) throws(StartFailure) -> HTTPServer? {
        guard let place = configuration.adminListen else { return nil }
        var server = HTTPServer.Configuration(
            host: place.host, port: place.port, threads: Self.adminThreads,
            maximumConnections: Self.adminConnections, deadlines: configuration.deadlines)
        server.maximumSkippedBytes = configuration.maxValueBytes
        return try start(server, makeAPI(state, serving: .administration, nil))
    }

    /// Starts what frees memory while the servers run.
    func startHousekeeper(_ server: HTTPServer, _ admin: HTTPServer?) throws(StartFailure) -> Housekeeper {
        do throws(SocketFailure) {
            let housekeeper = try Housekeeper(store, logger: logger)
            try housekeeper.start()
            return housekeeper
        } catch {
            admin?.stop()
            server.stop()
            throw StartFailure(description: "\(error)")
        }
    }

    private func start(_ server: HTTPServer.Configuration, _ api: KeyValueAPI) throws(StartFailure) -> HTTPServer {
        do throws(SocketFailure) {
            return try HTTPServer(server, handler: api)
        } catch {
            throw StartFailure(description: "\(error)")
        }
    }

    /// Descriptors that are kept free for what is no connection to the server for keys.
    private var reservedDescriptors: Int {
        let reserved = HTTPServer.reservedDescriptors(threads: configuration.threads)
        guard configuration.adminListen != nil else { return reserved }
        return reserved + HTTPServer.reservedDescriptors(threads: Self.adminThreads) + Self.adminConnections
    }

    private func makeAPI(
        _ state: ServiceState, serving surface: Surface, _ access: AccessControl?,
        trustedOrigins: TrustedOrigins = .none, allowedHosts: [AllowedHost] = []
    ) -> KeyValueAPI {
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
        return KeyValueAPI(
            store: store, limits: limits, documents: documents, surface: surface, access: access,
            trustedOrigins: trustedOrigins, allowedHosts: allowedHosts)
    }
}

extension ServerConfiguration {
    fileprivate var deadlines: HTTPServer.Deadlines {
        HTTPServer.Deadlines(
            head: headerTimeout, request: requestTimeout, content: bodyTimeout, answer: writeTimeout, idle: idleTimeout,
            minimumRate: minRate)
    }
}
