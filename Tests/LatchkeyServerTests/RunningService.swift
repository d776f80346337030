import Glibc
import Logging
import ServiceLifecycle
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import LatchkeyServer

/// A whole service on a port of its own, from start to drained, for the length of a test.
struct RunningService: Sendable {
    let port: UInt16
    private let trigger: AsyncStream<Void>.Continuation

    /// Runs `body` against a service that is set up as `change` says, then drains it, and expects all to be answered.
    ///
    /// On a thread of its own: `body` blocks, and the service needs the threads that run tasks in order to drain.
    static func with<Result: Sendable>(
        _ change: (inout ServerConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (RunningService) throws -> Result
    ) async throws -> Result {
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.threads = 2
        configuration.maxConnections = 512
        configuration.drainTimeout = patience
        // No step of a test comes near, however busy the machine: the defaults are for clients that run.
        for timeout in [
            \ServerConfiguration.headerTimeout, \.bodyTimeout, \.requestTimeout, \.writeTimeout, \.idleTimeout,
        ] {
            configuration[keyPath: timeout] = .seconds(3600)
        }
        change(&configuration)
        let (urls, announce) = AsyncStream.makeStream(of: String.self)
        let log = KeptLog()
        let logger = Logger(label: "test") { _ in log }
        let service = try LatchkeyService(configuration: configuration, logger: logger) { announce.yield($0.url) }
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let stopper = Stopper(stops: stops)
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: service),
                    .init(service: stopper, successTerminationBehavior: .gracefullyShutdownGroup),
                ], logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { announce.finish() }
                try await group.run()
            }
            var iterator = urls.makeAsyncIterator()
            guard let url = await iterator.next(), let port = url.split(separator: ":").last.flatMap({ UInt16($0) })
            else {
                try await tasks.waitForAll()
                throw SocketFailure("learn where the service listens", code: ENOENT)
            }
            let service = RunningService(port: port, trigger: stop)
            defer { stop.finish() }
            let result = try await blocking { try body(service) }
            stop.finish()
            try await tasks.waitForAll()
            #expect(!log.messages.contains("drain time-out"))
            return result
        }
    }

    /// Asks the service to stop, as SIGTERM does. Returns at once.
    func requestStop() { trigger.finish() }

    /// Sends `request` on a connection of its own and returns all that comes back until the service closes it.
    func exchange(_ request: String) throws -> String {
        let connection = try ClientConnection(host: "127.0.0.1", port: port, timeoutSeconds: patienceSeconds)
        try connection.send(Array(request.utf8))
        return try Self.receiveAll(connection)
    }

    /// A GET on a connection of its own.
    func get(_ path: String) throws -> String {
        try exchange("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    }

    static func receiveAll(_ connection: ClientConnection) throws -> String {
        var answer: [UInt8] = []
        while true {
            let piece = try connection.receive()
            if piece.isEmpty { return String(decoding: answer, as: UTF8.self) }
            answer += piece
        }
    }
}

/// A log whose warnings are kept.
private struct KeptLog: LogHandler {
    private final class Kept: Sendable {
        let messages = Mutex<[String]>([])
    }
    private let kept = Kept()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { kept.messages.withLock { $0.append(event.message.description) } }

    var messages: [String] { kept.messages.withLock { $0 } }
}

/// Ends the group when the test says so.
private struct Stopper: Service {
    let stops: AsyncStream<Void>

    func run() async throws {
        for await _ in stops {}
    }
}
