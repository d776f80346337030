import ByteBuffers
import HTTPMessages
import KeyValueAPI
import KeyValueStore

private let service = KeyValueAPI(
    store: ShardedStore(shards: 1, maximumMemory: 1 << 26), limits: .init(keyBytes: 40, valueBytes: 1_000),
    documents: ServiceDocuments(
        metrics: { _ in empty }, isReady: { true }, openAPI: empty, help: { empty },
        livePage: .init(content: empty, gzip: nil, securityPolicy: "none"), compress: { _ in nil }))

private let empty = SharedBytes(copying: [])

/// Calls `body` with a request whose fields are lines of `name: value`, all but the last of them.
private func withRequest(
    _ method: String, _ target: BorrowedBytes, _ lines: [(FieldName, BorrowedBytes)], _ body: (Request) -> Void
) {
    var fields = FieldBuffer()
    for (name, value) in lines { fields.append(Request.Field(name: name, text: BorrowedBytes("X"), value: value)) }
    borrowing(Array(method.utf8)) { body(Request(method: $0, target: target, fields: fields)) }
}

/// The first byte picks the method; the rest is the target. Every request has an answer that is no fault of the server.
func fuzzRequests(_ input: BorrowedBytes) {
    guard let first = input.first else { return }
    let methods = ["GET", "HEAD", "DELETE", "OPTIONS", "PUT", "POST"]
    withRequest(methods[Int(first) % methods.count], input.slice(1..<input.count), []) { request in
        var builder: BytesBuilder?
        let reception = request.mayBringContent ? service.receive(request, into: &builder) : .respondAtEnd
        switch reception {
        case .skip(let response), .refuse(let response): check(response)
        case .take, .takeChecking:
            guard let builder else { preconditionFailure("content is taken without a builder") }
            check(service.respond(to: request, upload: .complete(builder)))
        case .respondAtEnd: check(service.respond(to: request, upload: .none))
        }
    }
}

private func check(_ response: Response) {
    // Removals that are to be answered later are never finished here, and only some may be at work.
    let allowed: [Status] = [.notImplemented, .serviceUnavailable, .insufficientStorage]
    precondition(response.status.code < 500 || allowed.contains(response.status), "\(response.status)")
}

/// The first byte picks the field; the rest is its value, in two lines where it has a line feed.
func fuzzFields(_ input: BorrowedBytes) {
    guard let first = input.first else { return }
    let names: [FieldName] = [
        .accept, .prefer, .ifMatch, .ifNoneMatch, .ifRange, .range, .acceptEncoding, .expect, .origin,
        .wantContentDigest,
    ]
    let name = names[Int(first) % names.count]
    let value = input.slice(1..<input.count)
    let split = value.firstPosition(of: 0x0a)
    let lines = split.map { [value.slice(0..<$0), value.slice($0 + 1..<value.count)] } ?? [value]
    withRequest("GET", BorrowedBytes("/keys/a"), lines.map { (name, $0) }) { request in
        _ = request.prefersJSON
        precondition(request.preferredWait.map { (0...Request.maximumWait).contains($0) } ?? true)
        _ = (request.prefers("timing"), request.expectsContinue)
        check(service.respond(to: request, upload: .none))
    }
}
