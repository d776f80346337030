public import HTTPMessages
public import KeyValueStore
public import Logging

/// Everything a Latchkey server can be told before it starts.
///
/// A value made with `init()` holds the defaults. `load(flags:environment:)` fills one from the layers that a user
/// writes to, and is what enforces the ranges given here.
public struct ServerConfiguration: Sendable, Equatable {
    /// The address to listen on: an IPv4 or IPv6 address or a name. Loopback, so that nothing is exposed unasked.
    public var host = "127.0.0.1"
    /// The TCP port to listen on; 0 lets the system pick a free one.
    public var port: UInt16 = 8080
    /// The number of event loops, 1 to 1,024; as many as this process has cores.
    public var threads = availableCores()
    /// The number of separately locked parts of the table: a power of two from 1 to 65,536.
    public var shards = 64
    /// The longest value that is stored, in bytes, 1 to 4 GiB - 1.
    public var maxValueBytes = 64 << 20
    /// The longest key after percent-decoding, in bytes, 1 to 3,072: request lines have to fit a connection's memory.
    public var maxKeyBytes = 1024
    /// Bytes of memory that the store may take: entries and tables, what is still being sent of them, and uploads. Three
    /// quarters of what the container or the machine has.
    public var maxMemory = defaultMemoryLimit()
    /// Bytes of it that uploads in progress may take, at least one.
    public var maxUploadBytes: Int {
        get { givenUploadBytes ?? min(maxMemory, max(maxMemory / 4, maxValueBytes + Self.uploadOverhead)) }
        set { givenUploadBytes = newValue }
    }
    private var givenUploadBytes: Int?
    /// What becomes of a write that there is no memory for.
    public var eviction = EvictionPolicy.none
    /// How long values live that are stored without a `ttl`, up to 10 years; zero for as long as the process does.
    public var defaultTTL = Duration.zero
    /// The number of connections open at once, 1 to 1,000,000.
    public var maxConnections = 16384
    /// The number of connections open at once from one address, or from 64 bits of IPv6 ones, 1 to 1,000,000; 0 for as many as
    /// there may be. Behind a proxy all have its address.
    public var maxConnectionsPerAddress = 0
    /// How long a request's head may take to arrive, 1 s to 24 h.
    public var headerTimeout = Duration.seconds(10)
    /// How long content may stand still, and the time in which `minRate` is looked at, 1 s to 24 h.
    public var bodyTimeout = Duration.seconds(60)
    /// How long a request may take to arrive, with its content, 1 s to 24 h.
    public var requestTimeout = Duration.seconds(600)
    /// How long a client may take no byte of an answer, and the time in which `minRate` is looked at, 1 s to 24 h.
    public var writeTimeout = Duration.seconds(60)
    /// Bytes a second that content and answers must keep up, up to 1 GiB; 0 for none.
    public var minRate = 1024
    /// Where metrics, health and help are served instead, in plain HTTP and for everybody; nil for beside the keys.
    public var adminListen: ListenAddress?
    /// The file with the tokens of those who may read and write; nil where everybody may.
    public var tokenFile: String?
    /// The file with the tokens of those who may only read; not without `tokenFile`.
    public var readTokenFile: String?
    /// Whose pages may read and write from a browser, beside the service's own.
    public var corsOrigin = TrustedOrigins.none
    /// The hosts that requests for keys may name; empty for any.
    public var allowedHosts: [AllowedHost] = []
    /// The file with the certificate for TLS, and those that lead from it to an authority; nil for plain HTTP.
    public var tlsCertificate: String?
    /// The file with the certificate's key; nil where there is no `tlsCertificate`.
    public var tlsKey: String?
    /// How long a connection may stay silent between requests, 1 s to 24 h. More than the 60 s that proxies commonly keep theirs.
    public var idleTimeout = Duration.seconds(75)
    /// How long the server goes on as before once it is asked to stop, and says only that it is not ready, 0 to 1 h.
    public var drainDelay = Duration.zero
    /// How long requests in flight may take to finish after that, 0 to 1 h.
    public var drainTimeout = Duration.seconds(10)
    /// Which requests are logged one by one.
    public var accessLog = AccessLog.off
    /// How long a request must take to be logged, 0 to 1 h; zero for none.
    public var slowRequest = Duration.seconds(1)
    /// The least severe events that are logged.
    public var logLevel = Logger.Level.info
    /// The form of a line in the log.
    public var logFormat = LogFormat.text

    /// What an upload may take beside its value: key, attributes and header, with room to spare.
    private static let uploadOverhead = 16 << 10

    /// The defaults.
    public init() {}
}

/// The form of a line in the log.
public enum LogFormat: String, Sendable, CaseIterable {
    /// Time, level, message and `key=value` pairs, for people.
    case text
    /// One JSON object (RFC 8259), for collectors of logs.
    case json
}
