import ByteBuffers
import HTTPMessages
import KeyValueAPI
import KeyValueStore
import Sockets

@testable import MicroHTTPD

/// A time-out that no step of a test comes near, however busy the machine: the defaults are for clients that run.
let longEnough = Duration.seconds(3600)

extension HTTPServer.Deadlines {
    /// So long for each step as is said here, and long enough for all others.
    static func long(
        head: Duration = longEnough, request: Duration = longEnough, content: Duration = longEnough,
        answer: Duration = longEnough, idle: Duration = longEnough, minimumRate: Int = 0
    ) -> Self {
        Self(
            head: head, request: request, content: content, answer: answer, idle: idle, minimumRate: minimumRate)
    }

    /// One time for all steps, and no least rate.
    static func everything(_ time: Duration) -> Self {
        long(head: time, request: time, content: time, answer: time, idle: time)
    }
}

/// A server on a port of its own, with the real API over a store.
final class LiveServer: Sendable {
    /// How it is set up, where a test does not say otherwise.
    struct SetUp {
        var threads = 2
        var engine = Engine.current
        var maximumConnections = 256
        var deadlines = HTTPServer.Deadlines.long()
        var connectionsPerAddress: Int?
        var skippedBytes = 128 << 20
        var shards = 4
        var keyBytes = 1024
        var valueBytes = 1 << 24
        var timeToLive: TimeToLive?
        var access: AccessControl?
        var trustedOrigins = TrustedOrigins.none
        var allowedHosts: [AllowedHost] = []
        var security: ServerSecurity?
        var maximumMemory = Int.max
        var maximumUploads = Int.max
        var eviction = EvictionPolicy.none
    }

    /// Every tag of these servers begins with it.
    static let nonce: UInt64 = 0xabc

    let store: ShardedStore
    let server: HTTPServer

    init(_ setUp: SetUp) throws {
        store = ShardedStore(
            shards: setUp.shards, maximumMemory: setUp.maximumMemory, maximumUploads: setUp.maximumUploads,
            eviction: setUp.eviction)
        let documents = ServiceDocuments(
            metrics: { _ in SharedBytes(copying: "metrics\n".utf8) }, isReady: { true },
            openAPI: SharedBytes(copying: "openapi: 3.1.0\n".utf8), help: { SharedBytes(copying: "help\n".utf8) },
            livePage: .init(
                content: SharedBytes(copying: "<!doctype html>\n".utf8), gzip: SharedBytes(copying: "zipped".utf8),
                securityPolicy: "default-src 'none'"),
            compress: { SharedBytes(copying: "zipped \($0.count)".utf8) })
        let api = KeyValueAPI(
            store: store,
            limits: .init(
                keyBytes: setUp.keyBytes, valueBytes: setUp.valueBytes, defaultTimeToLive: setUp.timeToLive),
            documents: documents, access: setUp.access, trustedOrigins: setUp.trustedOrigins,
            allowedHosts: setUp.allowedHosts, nonce: Self.nonce)
        var configuration = HTTPServer.Configuration(
            host: "127.0.0.1", port: 0, threads: setUp.threads, maximumConnections: setUp.maximumConnections,
            deadlines: setUp.deadlines)
        configuration.maximumConnectionsPerAddress = setUp.connectionsPerAddress
        configuration.maximumSkippedBytes = setUp.skippedBytes
        configuration.security = setUp.security
        configuration.engine = setUp.engine
        server = try HTTPServer(configuration, handler: api)
    }

    /// How many connections were refused, or ended because they were late, for a reason.
    func rejections(_ reason: String) -> UInt64? {
        server.rejectionCounts.first { $0.reason == reason }?.count
    }

    /// A new connection. With `receiveBuffer` bytes of buffer in the system, where given.
    func connect(receiveBuffer: Int32? = nil) throws -> RawClient {
        try RawClient(port: server.address.port, receiveBuffer: receiveBuffer)
    }

    /// One request on a connection of its own.
    func exchange(_ request: String) throws -> RawResponse {
        let client = try connect()
        try client.send(request)
        return try client.response()
    }

    /// A PUT on a connection of its own.
    @discardableResult
    func put(_ key: String, _ value: [UInt8]) throws -> RawResponse {
        let client = try connect()
        try client.send("PUT /keys/\(key) HTTP/1.1\r\nHost: x\r\nContent-Length: \(value.count)\r\n\r\n")
        try client.send(value)
        return try client.response()
    }

    /// A GET on a connection of its own.
    func get(_ key: String) throws -> RawResponse { try exchange("GET /keys/\(key) HTTP/1.1\r\nHost: x\r\n\r\n") }

    /// The value stored under `key`, as the store has it.
    func stored(_ key: [UInt8]) -> [UInt8]? {
        SharedBytes(copying: key).withBorrowedBytes { store.entry(for: $0) }?.value.withBorrowedBytes { Array($0) }
    }
}
