import ArgumentParser
import Glibc
import LatchkeyServer

/// `latchkey serve`: serves until it is told to stop.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve keys until told to stop.")

    @Option(Setting.host) var host: String?
    @Option(Setting.port) var port: String?
    @Option(Setting.threads) var threads: String?
    @Option(Setting.shards) var shards: String?
    @Option(Setting.maxValueBytes) var maxValueBytes: String?
    @Option(Setting.maxKeyBytes) var maxKeyBytes: String?
    @Option(Setting.maxMemory) var maxMemory: String?
    @Option(Setting.maxUploadBytes) var maxUploadBytes: String?
    @Option(Setting.eviction) var eviction: String?
    @Option(Setting.defaultTTL) var defaultTTL: String?
    @Option(Setting.maxConnections) var maxConnections: String?
    @Option(Setting.idleTimeout) var idleTimeout: String?
    @Option(Setting.drainTimeout) var drainTimeout: String?
    @Option(Setting.accessLog) var accessLog: String?
    @Option(Setting.slowRequest) var slowRequest: String?
    @Option(Setting.logLevel) var logLevel: String?
    @Option(Setting.logFormat) var logFormat: String?
    @Option(Setting.config) var config: String?

    mutating func run() async throws {
        let flags = try givenFlags([
            (.host, host), (.port, port), (.threads, threads), (.shards, shards), (.maxValueBytes, maxValueBytes),
            (.maxKeyBytes, maxKeyBytes), (.maxMemory, maxMemory), (.maxUploadBytes, maxUploadBytes),
            (.eviction, eviction), (.defaultTTL, defaultTTL),
            (.maxConnections, maxConnections),
            (.idleTimeout, idleTimeout),
            (.drainTimeout, drainTimeout), (.accessLog, accessLog),
            (.slowRequest, slowRequest), (.logLevel, logLevel), (.logFormat, logFormat), (.config, config),
        ])
        let configuration = try await ServerConfiguration.load(
            flags: flags, environment: ProcessEnvironment.variables)
        try await serve(configuration, logger: configuration.makeLogger()) { url in
            print("latchkey: serving on \(url)")
            // Standard output may be a pipe, which would hold the line back.
            fflush(nil)
        }
    }
}
