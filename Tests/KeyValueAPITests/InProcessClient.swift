import ByteBuffers
import HTTPMessages
import KeyValueAPI
import KeyValueStore
import Testing

/// A client of a `KeyValueAPI` of its own, in the same process: it calls the API as the HTTP engine does, but for the
/// socket.
struct InProcessClient: Sendable {
    /// Every tag of these services begins with it, so that the first write into a store of one shard has `"abc-1"`.
    static let nonce: UInt64 = 0xabc

    let store: ShardedStore
    let api: KeyValueAPI

    init(
        shards: Int = 1, clock: StoreClock = .monotonic, keyBytes: Int = 1024, valueBytes: Int = 1 << 20,
        maximumMemory: Int = .max, maximumUploads: Int = .max, eviction: EvictionPolicy = .none,
        defaultTimeToLive: Duration = .zero, metrics: @escaping @Sendable () -> String = { "metrics\n" },
        isReady: @escaping @Sendable () -> Bool = { true }, surface: Surface = .everything,
        access: AccessControl? = nil, trustedOrigins: TrustedOrigins = .none, allowedHosts: [AllowedHost] = []
    ) {
        store = ShardedStore(
            shards: shards, maximumMemory: maximumMemory, maximumUploads: maximumUploads, eviction: eviction,
            clock: clock)
        let documents = ServiceDocuments(
            metrics: { SharedBytes(copying: ($0 == .openMetrics ? "openmetrics\n" : metrics()).utf8) },
            isReady: isReady,
            openAPI: SharedBytes(copying: "openapi: 3.1.0\n".utf8), help: { SharedBytes(copying: "help\n".utf8) },
            livePage: .init(
                content: SharedBytes(copying: "<!doctype html>\n".utf8), gzip: SharedBytes(copying: "zipped".utf8),
                securityPolicy: "default-src 'none'"),
            compress: { SharedBytes(copying: "zipped \($0.count)".utf8) })
        api = KeyValueAPI(
            store: store,
            limits: .init(
                keyBytes: keyBytes, valueBytes: valueBytes, defaultTimeToLive: TimeToLive(defaultTimeToLive)),
            documents: documents, surface: surface, access: access, trustedOrigins: trustedOrigins,
            allowedHosts: allowedHosts, nonce: Self.nonce)
    }

    /// A request's content.
    enum Body: Sendable {
        case none
        /// Announced by `Content-Length`.
        case whole([UInt8])
        /// In pieces, of no announced length.
        case chunked([[UInt8]])

        fileprivate var announcedCount: Int? { if case .whole(let bytes) = self { bytes.count } else { nil } }

        fileprivate var isChunked: Bool { if case .chunked = self { true } else { false } }

        fileprivate var pieces: [[UInt8]] {
            switch self {
            case .none: []
            case .whole(let bytes): [bytes]
            case .chunked(let pieces): pieces
            }
        }
    }

    /// The field lines of a request, in order; a name may stand there several times.
    struct Fields: ExpressibleByDictionaryLiteral, Sendable, CustomStringConvertible {
        fileprivate var lines: [(name: String, value: String)]

        init(_ lines: [(name: String, value: String)]) { self.lines = lines }

        init(dictionaryLiteral lines: (String, String)...) { self.lines = lines }

        var description: String { lines.map { "\($0.name): \($0.value)" }.joined(separator: "; ") }

        func adding(_ name: String, _ value: String) -> Fields { Fields(lines + [(name, value)]) }
    }

    /// What became of a request that has arrived.
    enum Outcome {
        case answered(Answer)
        case waiting(WaitingRequest)
    }

    /// Sends a request, which may have to wait for its answer.
    ///
    /// - Parameter meanwhile: what others do between the decision to wait and the wait itself.
    func begin(
        _ method: String, _ target: [UInt8], _ fields: Fields = [:], _ body: Body = .none, meanwhile: () -> Void = {}
    ) -> Outcome {
        let kept = KeptRequest(method, target, fields.lines, announcing: body.announcedCount)
        return kept.withRequest { request in
            let isAsked = api.isGuarded || !request.names.isDisjoint(with: .browser)
            if isAsked, let response = api.refusal(of: request) {
                // As the engine does: where content may come, none of it is read.
                let mayCome = request.mayBringContent || body.isChunked
                return .answered(Answer(response, mayCome ? .refuse : .skip))
            }
            var builder: BytesBuilder?
            let reception =
                request.mayBringContent ? api.receive(request, into: &builder) : Reception.respondAtEnd
            let upload: Upload
            switch reception {
            case .respondAtEnd: upload = .none
            case .skip(let response): return .answered(Answer(response, .skip))
            case .refuse(let response): return .answered(Answer(response, .refuse))
            case .take: upload = fill(builder.take()!, body.pieces)
            case .takeChecking:
                let check = api.contentCheck(of: request)
                switch fill(builder.take()!, body.pieces, check) {
                case .complete(let whole):
                    if let refusal = check.refusal(of: request) { return .answered(Answer(refusal, .take)) }
                    upload = .complete(whole)
                case .tooLarge: upload = .tooLarge
                case .denied: upload = .denied
                case .none: upload = .none
                }
            }
            let decision =
                switch reception {
                case .take, .takeChecking: Answer.Decision.take
                default: Answer.Decision.respondAtEnd
                }
            let response = api.respond(to: request, upload: upload)
            guard case .later(let pending) = response.body else { return .answered(Answer(response, decision)) }
            meanwhile()
            return .waiting(WaitingRequest(pending, kept))
        }
    }

    /// Sends a request and returns what became of it. A request that would wait for others gets its last answer, and is an issue.
    func send(_ method: String, _ target: [UInt8], _ fields: Fields = [:], _ body: Body = .none) -> Answer {
        switch begin(method, target, fields, body) {
        case .answered(let answer): return answer
        case .waiting(let waiting) where waiting.isAtWork: return waiting.work()
        case .waiting(let waiting):
            Issue.record("\(method) \(String(decoding: target, as: UTF8.self)) waits")
            return waiting.last()
        }
    }

    func send(_ method: String, _ target: String, _ fields: Fields = [:], _ body: Body = .none) -> Answer {
        send(method, Array(target.utf8), fields, body)
    }

    /// A request whose client goes away before its content has arrived.
    func abandon(_ method: String, _ target: String, _ fields: Fields = [:], _ body: Body = .none) {
        KeptRequest(method, Array(target.utf8), fields.lines, announcing: body.announcedCount).withRequest { request in
            var builder: BytesBuilder?
            guard request.mayBringContent else { return }
            switch api.receive(request, into: &builder) {
            case .take: _ = fill(builder.take()!, body.pieces)
            case .takeChecking: _ = fill(builder.take()!, body.pieces, api.contentCheck(of: request))
            default: break
            }
        }
    }

    @discardableResult
    func put(_ key: String, _ value: String, _ fields: Fields = [:]) -> Answer {
        send("PUT", "/keys/\(key)", fields, .whole(Array(value.utf8)))
    }

    /// A POST of an operation, `incr&by=2` for example.
    @discardableResult
    func post(_ key: String, _ operation: String, _ value: String? = nil, _ fields: Fields = [:]) -> Answer {
        send("POST", "/keys/\(key)?op=\(operation)", fields, value.map { .whole(Array($0.utf8)) } ?? .none)
    }

    func get(_ key: String, _ fields: Fields = [:]) -> Answer { send("GET", "/keys/\(key)", fields) }

    func delete(_ key: String, _ fields: Fields = [:]) -> Answer { send("DELETE", "/keys/\(key)", fields) }

    private func fill(
        _ builder: consuming BytesBuilder, _ pieces: [[UInt8]], _ check: (any ContentCheck)? = nil
    ) -> Upload {
        var builder = builder
        for piece in pieces.map({ SharedBytes(copying: $0) }) {
            guard piece.withBorrowedBytes({ builder.append($0) }) else {
                return builder.wasDenied ? .denied : .tooLarge
            }
            piece.withBorrowedBytes { check?.take($0) }
        }
        return .complete(builder)
    }
}

// What the store says, past the API.
extension InProcessClient {
    /// What is stored under these bytes.
    func entry(_ key: [UInt8]) -> Entry? { SharedBytes(copying: key).withBorrowedBytes { store.entry(for: $0) } }

    /// The value stored under these bytes.
    func stored(_ key: [UInt8]) -> [UInt8]? { entry(key)?.value.withBorrowedBytes { Array($0) } }

    func stored(_ key: String) -> String? { stored(Array(key.utf8)).map { String(decoding: $0, as: UTF8.self) } }

    var keyCount: Int { (0..<store.shardCount).reduce(0) { $0 + store.statistics(ofShard: $1).counts.keys } }

    /// How often a lock of the store was acquired: as long as it stays the same, nobody has touched the store.
    var acquisitions: UInt64 {
        (0..<store.shardCount).reduce(0) { sum, index in
            let lock = store.statistics(ofShard: index).lock
            return sum + lock.read.count + lock.write.count
        }
    }
}
