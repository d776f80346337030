import ByteBuffers
import HTTPMessages
import KeyValueAPI
import KeyValueStore

/// A client of a `KeyValueAPI` of its own, in the same process: it calls the API as the HTTP engine does, but for the
/// socket.
struct InProcessClient: Sendable {
    /// Every tag of these services begins with it, so that the first write into a store of one shard has `"abc-1"`.
    static let nonce: UInt64 = 0xabc

    let store: ShardedStore
    private let api: KeyValueAPI

    init(
        shards: Int = 1, keyBytes: Int = 1024, valueBytes: Int = 1 << 20,
        metrics: @escaping @Sendable () -> String = { "metrics\n" }, isReady: @escaping @Sendable () -> Bool = { true }
    ) {
        store = ShardedStore(shards: shards)
        let documents = ServiceDocuments(
            metrics: { SharedBytes(copying: metrics().utf8) }, isReady: isReady,
            openAPI: SharedBytes(copying: "openapi: 3.1.0\n".utf8), help: { SharedBytes(copying: "help\n".utf8) })
        api = KeyValueAPI(
            store: store, limits: .init(keyBytes: keyBytes, valueBytes: valueBytes), documents: documents,
            nonce: Self.nonce)
    }

    /// A request's content.
    enum Body: Sendable {
        case none
        /// Announced by `Content-Length`.
        case whole([UInt8])
        /// In pieces, of no announced length.
        case chunked([[UInt8]])

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

    /// Sends a request and returns what became of it.
    func send(_ method: String, _ target: [UInt8], _ fields: Fields = [:], _ body: Body = .none) -> Answer {
        withRequest(method, target, fields, body) { request in
            var builder: BytesBuilder?
            return switch api.receive(request, into: &builder) {
            case .respondAtEnd: Answer(respond(to: request, upload: .none), .respondAtEnd)
            case .skip(let response): Answer(response, .skip)
            case .refuse(let response): Answer(response, .refuse)
            case .take: Answer(respond(to: request, upload: fill(builder.take()!, body.pieces)), .take)
            }
        }
    }

    func send(_ method: String, _ target: String, _ fields: Fields = [:], _ body: Body = .none) -> Answer {
        send(method, Array(target.utf8), fields, body)
    }

    /// A request whose client goes away before its content has arrived.
    func abandon(_ method: String, _ target: String, _ fields: Fields = [:], _ body: Body = .none) {
        withRequest(method, Array(target.utf8), fields, body) { request in
            var builder: BytesBuilder?
            guard case .take = api.receive(request, into: &builder) else { return }
            _ = fill(builder.take()!, body.pieces)
        }
    }

    @discardableResult
    func put(_ key: String, _ value: String, _ fields: Fields = [:]) -> Answer {
        send("PUT", "/keys/\(key)", fields, .whole(Array(value.utf8)))
    }

    func get(_ key: String, _ fields: Fields = [:]) -> Answer { send("GET", "/keys/\(key)", fields) }

    func delete(_ key: String, _ fields: Fields = [:]) -> Answer { send("DELETE", "/keys/\(key)", fields) }

    private func respond(to request: Request, upload: consuming Upload) -> Response {
        switch api.respond(to: request, upload: upload) {
        case .now(let response): response
        case .later: preconditionFailure("this client does not wait")
        }
    }

    /// Views of memory that ends with the call, as a connection's does.
    private func withRequest<Result>(
        _ method: String, _ target: [UInt8], _ fields: Fields, _ body: Body, _ handle: (Request) -> Result
    ) -> Result {
        var lines = fields.lines
        if case .whole(let bytes) = body { lines.append(("Content-Length", "\(bytes.count)")) }
        var memory = target
        var places: [(name: FieldName, text: Range<Int>, value: Range<Int>)] = []
        for line in lines {
            // The engine leaves out what nothing here depends on.
            guard let name = SharedBytes(copying: line.name.utf8).withBorrowedBytes({ FieldName($0) }) else { continue }
            let start = memory.count
            memory += line.name.utf8
            let middle = memory.count
            memory += line.value.utf8
            places.append((name, start..<middle, middle..<memory.count))
        }
        let method = SharedBytes(copying: method.utf8).withBorrowedBytes { Method(name: $0) }
        return SharedBytes(copying: memory).withBorrowedBytes { memory in
            handle(
                Request(
                    method: method, target: memory.slice(0..<target.count),
                    fields: places.map { place in
                        Request.Field(
                            name: place.name, text: memory.slice(place.text), value: memory.slice(place.value))
                    }))
        }
    }

    private func fill(_ builder: consuming BytesBuilder, _ pieces: [[UInt8]]) -> Upload {
        var builder = builder
        for piece in pieces {
            guard SharedBytes(copying: piece).withBorrowedBytes({ builder.append($0) }) else { return .tooLarge }
        }
        return .complete(builder)
    }
}

// What the store says, past the API.
extension InProcessClient {
    /// The value stored under these bytes.
    func stored(_ key: [UInt8]) -> [UInt8]? {
        SharedBytes(copying: key).withBorrowedBytes { store.entry(for: $0) }?.value.withBorrowedBytes { Array($0) }
    }

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

/// An answer as it would be sent.
struct Answer: Sendable {
    let status: Int
    /// The field lines but for those that are the engine's: `Content-Length` and `Connection`.
    let fields: [(name: String, value: String)]
    /// The content; of answers to HEAD and of 304 the engine sends the length only.
    let content: [UInt8]
    let route: Route?
    /// What was decided when the request's fields had arrived.
    let reception: Decision

    /// The cases of `Reception`.
    enum Decision: Sendable { case respondAtEnd, take, skip, refuse }

    fileprivate init(_ response: Response, _ reception: Decision) {
        status = response.status.code
        content = if case .shared(let bytes) = response.body { bytes.withBorrowedBytes { Array($0) } } else { [] }
        route = Route.allCases.first { $0.id == response.route }
        self.reception = reception
        var date = HTTPDate()
        date.update(now: 0)
        var lines = FieldLines()
        lines.set(to: response, date: date)
        // From the bytes, as a client on a socket would see them.
        let text = Array("\(FieldLines.firstName): ".utf8) + lines.bytes
        fields = text.split(separator: Array("\r\n".utf8), omittingEmptySubsequences: false).map { line in
            let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
            let value = line[colon...].dropFirst(2)
            return (String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
    }

    /// The value of the first field with this name.
    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    var names: [String] { fields.map(\.name).sorted() }

    var text: String { String(decoding: content, as: UTF8.self) }
}
