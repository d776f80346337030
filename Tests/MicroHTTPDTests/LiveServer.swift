import ByteBuffers
import HTTPMessages
import KeyValueAPI
import KeyValueStore
import MicroHTTPD
import Sockets
import TestSupport

/// A server on a port of its own, with the real API over a store.
final class LiveServer: Sendable {
    /// How it is set up, where a test does not say otherwise.
    struct SetUp {
        var threads = 2
        var maximumConnections = 256
        var idleTimeoutSeconds = 300
        var shards = 4
        var keyBytes = 1024
        var valueBytes = 1 << 24
    }

    /// Every tag of these servers begins with it.
    static let nonce: UInt64 = 0xabc

    let store: ShardedStore
    let server: HTTPServer

    fileprivate init(_ setUp: SetUp) throws {
        store = ShardedStore(shards: setUp.shards)
        let documents = ServiceDocuments(
            metrics: { SharedBytes(copying: "metrics\n".utf8) }, isReady: { true },
            openAPI: SharedBytes(copying: "openapi: 3.1.0\n".utf8), help: { SharedBytes(copying: "help\n".utf8) })
        let api = KeyValueAPI(
            store: store, limits: .init(keyBytes: setUp.keyBytes, valueBytes: setUp.valueBytes), documents: documents,
            nonce: Self.nonce)
        server = try HTTPServer(
            .init(
                host: "127.0.0.1", port: 0, threads: setUp.threads, maximumConnections: setUp.maximumConnections,
                idleTimeoutSeconds: setUp.idleTimeoutSeconds),
            handler: api)
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

/// Runs `body`, which may block, with a server of its own.
func withServer(
    _ change: (inout LiveServer.SetUp) -> Void = { _ in }, _ body: @Sendable (LiveServer) async throws -> Void
) async throws {
    var setUp = LiveServer.SetUp()
    change(&setUp)
    let live = try LiveServer(setUp)
    let outcome: Result<Void, any Error>
    do {
        outcome = .success(try await blocking { try await body(live) })
    } catch {
        outcome = .failure(error)
    }
    try await blocking { live.server.stop() }
    try outcome.get()
}

/// Waits until `condition` holds, and tells whether it came to hold within a minute.
func eventually(_ condition: () -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    while !condition() {
        if ContinuousClock.now > deadline { return false }
        try await Task.sleep(for: .milliseconds(2))
    }
    return true
}

/// Bytes that look random and are the same in every run.
func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    // The standard library writes to its one empty array when asked for no capacity, which is a race to ThreadSanitizer.
    if count == 0 { return [] }
    var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        for index in 0..<count {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            buffer[index] = UInt8(truncatingIfNeeded: state >> 24)
        }
        initialized = count
    }
}
