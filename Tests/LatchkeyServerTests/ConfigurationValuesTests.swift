import HTTPMessages
import LatchkeyServer
import Testing

@Suite struct ConfigurationValuesTests {
    private static let sizes = "such as 4096, 512KiB or 64MiB"
    private static let durations = "such as 10, 1.5s, 500ms or 2m"

    /// Setting, what it must be, and texts that are not.
    private static let refused: [(String, String, [String])] = [
        ("host", "an address or a host name", ["", "a b", "é", "a\u{7F}", String(repeating: "a", count: 254)]),
        (
            "port", "a whole number from 0 to 65535",
            ["", "65536", "-1", "+5", "1.5", "0x10", "８", " 1", "1 ", "http", "99999999999999999999"]
        ),
        ("threads", "a whole number from 1 to 1024", ["0", "1025", "-1", "two"]),
        ("shards", "a power of two from 1 to 65536", ["0", "3", "-2", "131072", "64.0"]),
        (
            "max-value-bytes", "a size from 1 to 4294967295 bytes, \(sizes)",
            ["0", "4GiB", "4294967296", "-1", "1.5", "MiB", "1 MiB", "64M", "9999999999999GiB", "1e6"]
        ),
        ("max-key-bytes", "a size from 1 to 3072 bytes, \(sizes)", ["0", "3073", "5KiB"]),
        (
            "max-memory", "a size from 1048576 to 1125899906842624 bytes, such as 4096, 512KiB or 64MiB",
            ["", "1", "1023KiB", "75%", "1025TiB", "-1"]
        ),
        ("max-upload-bytes", "a size from 1 to 1125899906842624 bytes, \(sizes)", ["", "0", "1025TiB", "25%"]),
        ("eviction", "none or s3-fifo", ["", "lru", "S3-FIFO", "s3fifo"]),
        (
            "default-ttl", "a duration from 0 to 87660h, \(durations)",
            ["", "-1", "87660.1h", "315576001", "none", "1d", "1e3"]
        ),
        ("max-connections", "a whole number from 1 to 1000000", ["0", "1000001"]),
        ("max-connections-per-address", "a whole number from 0 to 1000000", ["-1", "1000001", "none"]),
        ("header-timeout", "a duration from 1s to 24h, \(durations)", ["0", "999ms", "25h"]),
        ("body-timeout", "a duration from 1s to 24h, \(durations)", ["0", "25h"]),
        ("request-timeout", "a duration from 1s to 24h, \(durations)", ["0", "25h"]),
        ("write-timeout", "a duration from 1s to 24h, \(durations)", ["0", "25h"]),
        ("min-rate", "a size from 0 to 1073741824 bytes, \(sizes)", ["-1", "2GiB", "1KiB/s"]),
        (
            "idle-timeout", "a duration from 1s to 24h, \(durations)",
            ["0", "999ms", "24.1h", "1d", "-1s", ".5s", "1.s", "s", "", "1m30s", "inf"]
        ),
        ("drain-delay", "a duration from 0 to 1h, \(durations)", ["", "61m", "-1"]),
        ("drain-timeout", "a duration from 0 to 1h, \(durations)", ["61m", "3601", "-1"]),
        ("access-log", "off, on or targets", ["", "yes", "ON", "keys"]),
        ("slow-request", "a duration from 0 to 1h, \(durations)", ["", "61m", "-1", "never"]),
        ("log-level", "trace, debug, info, notice, warning, error or critical", ["", "warn", "INFO"]),
        ("log-format", "text or json", ["", "logfmt", "text "]),
        (
            "admin-listen", "a host and a port, such as 127.0.0.1:9090 or [::1]:9090",
            [
                "", "9090", ":9090", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:9090", "[::1]", "[]:1", "[a]:1",
                "[::1:1", "a b:1", "http://a:1", "a:+1", "a:1 ", "[[::1]]:1",
            ]
        ),
        ("token-file", "the path of a file", [""]), ("read-token-file", "the path of a file", [""]),
        (
            "cors-origin", "* or origins such as https://app.example.com, with commas between them",
            [
                "", "null", "a.test", "https://a.test/", "https://*.a.test", "*,https://a", "https://a,", ",",
                "https://a b",
                "https://a;https://b",
            ]
        ),
        (
            "allowed-hosts", "hosts such as kv.example.com, 192.0.2.1:8080 or [2001:db8::1], with commas between them",
            ["", "*", "http://a", "::1", "a,", "a b", "a:0x1", "*.a"]
        ),
        ("tls-cert", "the path of a file", [""]), ("tls-key", "the path of a file", [""]),
        ("config", "the path of a file", [""]),
    ]

    @Test(arguments: refused) func `a value that is not allowed is refused in one line`(
        name: String, allowed: String, texts: [String]
    ) async {
        let variable = "LATCHKEY_" + name.uppercased().replacing("-", with: "_")
        for text in texts where text.count < 200 && !text.contains("\u{7F}") {
            let ofFlag = await configurationComplaint(flags: [name: text])
            let ofVariable = await configurationComplaint(environment: [variable: text])
            #expect(ofFlag == "--\(name): '\(text)' is not \(allowed)")
            #expect(ofVariable == "\(variable): '\(text)' is not \(allowed)")
        }
        for text in texts {
            let message = await configurationComplaint(flags: [name: text])
            #expect(message?.hasSuffix(" is not \(allowed)") == true)
        }
    }

    @Test func `a value is shown without what would break the line or steer a terminal`() async {
        let message = await configurationComplaint(flags: ["host": "a\n\u{1B}[31m\u{9B}1m\\"])
        #expect(message == #"--host: 'a\n\u001b[31m\u009b1m\\' is not an address or a host name"#)
    }

    @Test func `a long value is shown in part`() async {
        let message = await configurationComplaint(flags: ["port": String(repeating: "9", count: 10_000)])
        let shown = String(repeating: "9", count: 200)
        #expect(message == "--port: '\(shown)…' is not a whole number from 0 to 65535")
    }

    @Test(arguments: [
        ("1", 1), ("64MiB", 67_108_864), ("64mib", 67_108_864), ("512KiB", 524_288), ("2GiB", 2_147_483_648),
        ("1KB", 1000), ("1kB", 1000), ("2MB", 2_000_000), ("4GB", 4_000_000_000), ("1.5KiB", 1536), ("0.25KiB", 256),
        ("7B", 7), ("007", 7), ("4294967295", 4_294_967_295),
    ]) func `sizes are bytes, or a number with a unit`(text: String, bytes: Int) async throws {
        #expect(try await loadConfiguration(flags: ["max-value-bytes": text]).maxValueBytes == bytes)
    }

    @Test(arguments: [
        ("10", Duration.seconds(10)), ("10s", .seconds(10)), ("1.5s", .milliseconds(1500)),
        ("1.5", .milliseconds(1500)),
        ("500ms", .milliseconds(500)), ("2m", .seconds(120)), ("1h", .seconds(3600)), ("0", .zero), ("0ms", .zero),
        ("0.000000001", .nanoseconds(1)), ("0.5m", .seconds(30)),
    ]) func `durations are seconds, or a number with a unit`(text: String, duration: Duration) async throws {
        #expect(try await loadConfiguration(flags: ["drain-timeout": text]).drainTimeout == duration)
    }

    @Test(arguments: [
        ("0", Duration.zero), ("0.5", .milliseconds(500)), ("1h", .seconds(3600)), ("87660h", .seconds(315_576_000)),
    ]) func `values live as long as is said, up to ten years`(text: String, duration: Duration) async throws {
        #expect(try await loadConfiguration(flags: ["default-ttl": text]).defaultTTL == duration)
    }

    @Test(arguments: [
        ("127.0.0.1:9090", "127.0.0.1", 9090), ("[::1]:0", "::1", 0), ("localhost:65535", "localhost", 65535),
        ("[::ffff:127.0.0.1]:1", "::ffff:127.0.0.1", 1),
    ]) func `where to listen is a host and a port`(text: String, host: String, port: UInt16) async throws {
        let address = try await loadConfiguration(flags: ["admin-listen": text]).adminListen
        #expect(address == ListenAddress(host: host, port: port))
    }

    @Test func `all origins are an asterisk`() async throws {
        #expect(try await loadConfiguration(flags: ["cors-origin": "*"]).corsOrigin == .all)
        #expect(try await loadConfiguration(flags: ["cors-origin": " * "]).corsOrigin == .all)
    }

    @Test(arguments: [1, 2, 64, 65536]) func `shards are any power of two in range`(shards: Int) async throws {
        #expect(try await loadConfiguration(flags: ["shards": "\(shards)"]).shards == shards)
    }

    @Test(arguments: ["0", "1", "65535"]) func `ports are any there is, and 0`(port: String) async throws {
        #expect(try await loadConfiguration(flags: ["port": port]).port == UInt16(port))
    }
}
