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
    @Option(Setting.maxConnectionsPerAddress) var maxConnectionsPerAddress: String?
    @Option(Setting.headerTimeout) var headerTimeout: String?
    @Option(Setting.bodyTimeout) var bodyTimeout: String?
    @Option(Setting.requestTimeout) var requestTimeout: String?
    @Option(Setting.writeTimeout) var writeTimeout: String?
    @Option(Setting.minRate) var minRate: String?
    @Option(Setting.adminListen) var adminListen: String?
    @Option(Setting.tokenFile) var tokenFile: String?
    @Option(Setting.readTokenFile) var readTokenFile: String?
    @Option(Setting.corsOrigin) var corsOrigin: [String] = []
    @Option(Setting.allowedHosts) var allowedHosts: [String] = []
    @Option(Setting.tlsCertificate) var tlsCertificate: String?
    @Option(Setting.tlsKey) var tlsKey: String?
    @Option(Setting.idleTimeout) var idleTimeout: String?
    @Option(Setting.drainDelay) var drainDelay: String?
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
            (.maxConnections, maxConnections), (.maxConnectionsPerAddress, maxConnectionsPerAddress),
            (.headerTimeout, headerTimeout), (.bodyTimeout, bodyTimeout), (.requestTimeout, requestTimeout),
            (.writeTimeout, writeTimeout), (.minRate, minRate),
            (.adminListen, adminListen), (.tokenFile, tokenFile), (.readTokenFile, readTokenFile),
            (.corsOrigin, joined(corsOrigin)), (.allowedHosts, joined(allowedHosts)),
            (.tlsCertificate, tlsCertificate), (.tlsKey, tlsKey),
            (.idleTimeout, idleTimeout), (.drainDelay, drainDelay), (.drainTimeout, drainTimeout),
            (.accessLog, accessLog), (.slowRequest, slowRequest), (.logLevel, logLevel), (.logFormat, logFormat),
            (.config, config),
        ])
        let configuration = try await ServerConfiguration.load(
            flags: flags, environment: ProcessEnvironment.variables)
        try await serve(configuration, logger: configuration.makeLogger()) { addresses in
            print("latchkey: serving on \(addresses.url)")
            if let url = addresses.adminURL { print("latchkey: metrics and health on \(url)") }
            // Standard output may be a pipe, which would hold the line back.
            fflush(nil)
        }
    }
}
