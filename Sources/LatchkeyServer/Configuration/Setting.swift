/// One thing a user can set: by flag, environment variable or file.
///
/// The statics below are the one table of settings. Names, ranges, defaults and help texts are nowhere else.
package struct Setting: Sendable {
    /// The flag without its dashes, which is also the key in the file: `max-value-bytes`.
    package let name: String
    /// What stands for the value in a help text: `SIZE`.
    package let placeholder: String
    /// What the setting does, in a sentence without its full stop.
    package let summary: String
    /// What a value must be; completes the sentence "is not ...".
    package let allowed: String
    /// The default as a user would write it.
    package let defaultText: String
    /// Stores the value that the text spells; false where it spells none that is allowed.
    let assign: @Sendable (_ text: String, _ configuration: inout ServerConfiguration) -> Bool

    /// The flag as it is typed: `--max-value-bytes`.
    package var flag: String { "--" + name }

    /// The environment variable: `LATCHKEY_MAX_VALUE_BYTES`.
    package var variable: String {
        Self.variablePrefix + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    }

    /// What the name of every environment variable of ours starts with.
    package static let variablePrefix = "LATCHKEY_"

    /// The variable that tells clients where the service is. No setting of the server, but no mistake there either: a
    /// shell that is set up for both may start one.
    package static let clientURLVariable = variablePrefix + "URL"

    /// The help text: what it does, what else sets it, and its default.
    package var help: String {
        "\(summary). [\(variable)\(defaultText.isEmpty ? "" : ", default \(defaultText)")]"
    }
}

extension Setting {
    /// Where to listen.
    package static let host = host("host", \.host, "Address to listen on; 0.0.0.0 or :: for all")
    /// Where to listen.
    package static let port = number("port", \.port, 0...65535, "Port to listen on; 0 picks a free one and prints it")
    /// Event loops.
    package static let threads = number(
        "threads", \.threads, 1...1024, "Event loops that serve requests", defaultText: "one for each core")
    /// Parts of the table.
    package static let shards = powerOfTwo(
        "shards", \.shards, 1...65536, "Parts of the table, each with a lock of its own")
    /// Limit of a value's length.
    package static let maxValueBytes = size(
        "max-value-bytes", \.maxValueBytes, 1...(4 << 30) - 1, "Longest value that is stored")
    /// Limit of a key's length.
    package static let maxKeyBytes = size("max-key-bytes", \.maxKeyBytes, 1...3072, "Longest key, percent-decoded")
    /// Limit of the store's memory.
    package static let maxMemory = size(
        "max-memory", \.maxMemory, 1 << 20...1 << 50,
        "Memory that keys, values and their tables may take, with uploads and what is still being sent",
        defaultText: "three quarters of the container's or the machine's; less below 448 MiB")
    /// Limit of the memory of uploads.
    package static let maxUploadBytes = size(
        "max-upload-bytes", \.maxUploadBytes, 1...1 << 50, "Memory of it that uploads in progress may take",
        defaultText: "a quarter of --max-memory, but room for one value")
    /// What becomes of writes into a full store.
    package static let eviction = choice(
        "eviction", \.eviction, "What makes room in a full store: nothing, or what is used least")
    /// Life of a value.
    package static let defaultTTL = duration(
        "default-ttl", \.defaultTTL, .zero ... .seconds(315_576_000), "0 to 87660h",
        "How long values live that are stored without a ttl; 0 for ever")
    /// Limit of open connections.
    package static let maxConnections = number(
        "max-connections", \.maxConnections, 1...1_000_000, "Connections open at once")
    /// Limit of open connections of one client.
    package static let maxConnectionsPerAddress = number(
        "max-connections-per-address", \.maxConnectionsPerAddress, 0...1_000_000,
        "Connections open at once from one address; 0 for no limit of its own")
    /// Limit of a head's arrival.
    package static let headerTimeout = duration(
        "header-timeout", \.headerTimeout, .seconds(1) ... .seconds(86400), "1s to 24h",
        "How long a request's head may take to arrive")
    /// Limit of an upload's standstill.
    package static let bodyTimeout = duration(
        "body-timeout", \.bodyTimeout, .seconds(1) ... .seconds(86400), "1s to 24h",
        "How long a request's content may stand still, or stay below --min-rate")
    /// Limit of a request's arrival.
    package static let requestTimeout = duration(
        "request-timeout", \.requestTimeout, .seconds(1) ... .seconds(86400), "1s to 24h",
        "How long a request may take to arrive, with its content")
    /// Limit of an answer's standstill.
    package static let writeTimeout = duration(
        "write-timeout", \.writeTimeout, .seconds(1) ... .seconds(86400), "1s to 24h",
        "How long a client may take nothing of an answer, or stay below --min-rate")
    /// Least rate of transfers.
    package static let minRate = size(
        "min-rate", \.minRate, 0...1 << 30, "Bytes a second that content and answers must keep up; 0 for none")
    /// Where metrics and health are.
    package static let adminListen = place(
        "admin-listen", \.adminListen,
        "Serve metrics, health and help here, in plain HTTP and without tokens, and no longer beside the keys")
    /// Who may read and write.
    package static let tokenFile = file(
        "token-file", \.tokenFile, "File of tokens, one a line, of which one is needed to read and write")
    /// Who may read.
    package static let readTokenFile = file(
        "read-token-file", \.readTokenFile, "File of tokens that let read only; needs --token-file")
    /// Whose pages may write.
    package static let corsOrigin = origins(
        "cors-origin", \.corsOrigin,
        "Origins whose pages may read and write from a browser, or * for all; else only pages from here may write"
    )
    /// By which names the service is asked for.
    package static let allowedHosts = hosts(
        "allowed-hosts", \.allowedHosts, "Hosts that are answered to, beside health; 421 for another Host")
    /// What clients are shown.
    package static let tlsCertificate = file(
        "tls-cert", \.tlsCertificate,
        "File with the certificate to serve by TLS, the server's own first, in PEM; needs --tls-key")
    /// Its key.
    package static let tlsKey = file(
        "tls-key", \.tlsKey, "File with that certificate's key, in PEM and without a password")
    /// Limit of a connection's silence.
    package static let idleTimeout = duration(
        "idle-timeout", \.idleTimeout, .seconds(1) ... .seconds(86400), "1s to 24h",
        "How long a connection may stay silent between requests")
    /// Time to be seen as not ready.
    package static let drainDelay = duration(
        "drain-delay", \.drainDelay, .zero ... .seconds(3600), "0 to 1h",
        "How long to go on after SIGTERM or SIGINT, with /readyz at 503, before draining")
    /// Limit of stopping.
    package static let drainTimeout = duration(
        "drain-timeout", \.drainTimeout, .zero ... .seconds(3600), "0 to 1h",
        "How long requests in flight may take to finish after that")
    /// Requests in the log.
    package static let accessLog = choice(
        "access-log", \.accessLog, "Requests to log, without or with their targets, which have keys in them")
    /// Slow requests in the log.
    package static let slowRequest = duration(
        "slow-request", \.slowRequest, .zero ... .seconds(3600), "0 to 1h",
        "Log requests that take so long, with their lock wait; 0 for none")
    /// Least severe level.
    package static let logLevel = choice("log-level", \.logLevel, "Least severe events to log, to standard error")
    /// Form of the log.
    package static let logFormat = choice("log-format", \.logFormat, "Form of the log's lines")

    /// The file with further settings. Not in `all`: it says where to look, and is nothing the server keeps.
    package static let config = Setting(
        name: "config", placeholder: "FILE",
        summary: "JSON file of settings, by the names of the flags: {\"port\": 8080}",
        allowed: "the path of a file", defaultText: "",
        assign: { text, _ in !text.isEmpty })

    /// Every setting of a server, in the order of the help texts.
    package static let all = [
        host, port, threads, shards, maxValueBytes, maxKeyBytes, maxMemory, maxUploadBytes, eviction, defaultTTL,
        maxConnections, maxConnectionsPerAddress, headerTimeout, bodyTimeout, requestTimeout, writeTimeout, minRate,
        idleTimeout, adminListen, tokenFile, readTokenFile, corsOrigin, allowedHosts, tlsCertificate, tlsKey,
        drainDelay, drainTimeout, accessLog, slowRequest, logLevel, logFormat,
    ]
    /// Settings that mean nothing without another.
    static let dependent: [(setting: Setting, needs: Setting)] = [
        (readTokenFile, tokenFile), (tlsCertificate, tlsKey), (tlsKey, tlsCertificate),
    ]
}
