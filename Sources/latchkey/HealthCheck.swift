import ArgumentParser
import LatchkeyServer

/// `latchkey healthcheck`: asks a running server whether it is well; what the container's HEALTHCHECK runs.
struct HealthCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Ask the server with these settings whether it is well.",
        discussion: """
            Asks at --admin-listen where that is set, and else where keys are served. Ends with 0 where it is well, with \
            1 where it is not or does not answer.
            """)

    @Option(Setting.host) var host: String?
    @Option(Setting.port) var port: String?
    @Option(Setting.adminListen) var adminListen: String?
    @Option(Setting.tlsCertificate) var tlsCertificate: String?
    @Option(Setting.tlsKey) var tlsKey: String?
    @Option(Setting.config) var config: String?

    mutating func run() async throws {
        let configuration = try await ServerConfiguration.load(
            flags: try givenFlags([
                (.host, host), (.port, port), (.adminListen, adminListen), (.tlsCertificate, tlsCertificate),
                (.tlsKey, tlsKey), (.config, config),
            ]),
            environment: ProcessEnvironment.variables)
        let place =
            configuration.adminListen ?? ListenAddress(host: configuration.host, port: configuration.port)
        guard place.port != 0 else {
            let flag = configuration.adminListen == nil ? "--port N" : "--admin-listen HOST:N"
            throw ValidationError("healthcheck needs the port that the server chose: \(flag)")
        }
        // Where there is an admin address, that is plain. Of the files nothing but that they are set is of interest here.
        let isSecure = configuration.adminListen == nil && configuration.tlsCertificate != nil
        try checkHealth(host: Self.reachable(place.host), port: place.port, isSecure: isSecure)
    }

    /// Where a server that listens on `host` is reached from here: all addresses include loopback.
    private static func reachable(_ host: String) -> String {
        host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host
    }
}
