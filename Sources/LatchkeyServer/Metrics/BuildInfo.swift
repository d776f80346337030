import MicroHTTPD
import PrometheusExposition

extension MetricsText {
    /// Appends what the program was built from.
    mutating func writeBuildInfo() {
        begin("latchkey_build_info", .gauge, help: "Always 1; what runs is in the labels.")
        sample(
            1,
            [
                ("version", LatchkeyVersion.string), ("commit", LatchkeyVersion.commit), ("swift", swiftVersion),
                ("libmicrohttpd", HTTPServer.engineVersion),
            ])
    }
}

private var swiftVersion: String {
    #if compiler(>=6.4)
        "6.4"
    #elseif compiler(>=6.3)
        "6.3"
    #else
        "6.2"
    #endif
}
