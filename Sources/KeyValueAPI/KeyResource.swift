import ByteBuffers
import HTTPMessages
import KeyValueStore

// GET, HEAD, PUT and DELETE on /keys/<key>.
extension KeyValueAPI {
    func get(_ request: Request, _ target: RequestTarget) throws(Problem) -> Response {
        let condition = try condition(of: request)
        let entry = try withKey(of: target) { key in store.entry(for: key) }
        guard let entry else { throw noSuchKey }
        let tag = EntityTag(nonce: nonce, version: entry.version)
        if let condition {
            if let matching = condition.matching, !matching.contains(entry.version) {
                return preconditionFailed(request, current: entry.version)
            }
            if let notMatching = condition.notMatching, notMatching.contains(entry.version) {
                // With the content, which is not sent: its length belongs to a 304 as well (RFC 9110 section 8.6).
                var response = Response(.notModified, route: Route.keys.id, body: .shared(entry.value))
                response.entityTag = tag
                response.isStoredValue = true
                return response
            }
        }
        var response = Response(.ok, route: Route.keys.id, body: .shared(entry.value))
        response.contentType = entry.contentType.map { .stored(lines: storedLines(type: $0)) } ?? .octetStream
        response.entityTag = tag
        response.isStoredValue = true
        return response
    }

    /// What to do with the content of a PUT: everything that can be decided before it arrives is.
    func receivePut(_ request: Request, _ target: RequestTarget) -> Reception {
        do throws(Problem) {
            if let length = request.announcedLength, length > limits.valueBytes { throw tooLarge(request) }
            guard request.first(.contentRange) == nil else {
                throw Problem(.badRequest, "Content-Range has no meaning in a PUT: values are stored whole")
            }
            _ = try condition(of: request)
            _ = try request.withStoredFields { _ in }
            let contentType = request.first(.contentType).flatMap { $0.isEmpty ? nil : $0 }
            let length = request.announcedLength ?? 0
            let limit = limits.valueBytes
            return .take(
                try withKey(of: target) { key in
                    Entry.start(key: key, contentType: contentType, valueCount: length, maximumValueCount: limit)
                })
        } catch {
            let response = error.response(route: Route.keys.id, asJSON: request.prefersJSON)
            // A client that waits for leave to send is spared the upload; so is everybody from one that is too large.
            // Else the content is skipped, which lets the connection live.
            return request.expectsContinue || error.status == .contentTooLarge ? .refuse(response) : .skip(response)
        }
    }

    func put(_ request: Request, _ upload: consuming Upload) throws(Problem) -> Response {
        let builder: BytesBuilder
        switch consume upload {
        case .complete(let complete): builder = complete
        case .tooLarge:
            throw Problem(.contentTooLarge, "the value is larger than the limit of \(limits.valueBytes) bytes")
        case .none: preconditionFailure("a PUT that was received has content, be it empty")
        }
        let condition = try condition(of: request)
        switch store.put(Entry(sealing: builder), if: condition) {
        case .created(let version): return stored(.created, version)
        case .replaced(let version): return stored(.noContent, version)
        case .conditionFailed(let current): return preconditionFailed(request, current: current)
        }
    }

    func delete(_ request: Request, _ target: RequestTarget) throws(Problem) -> Response {
        let condition = try condition(of: request)
        switch try withKey(of: target, { key in store.remove(key, if: condition) }) {
        case .removed: return Response(.noContent, route: Route.keys.id)
        case .notFound: throw noSuchKey
        case .conditionFailed(let current): return preconditionFailed(request, current: current)
        }
    }

    private func storedLines(type: SharedBytes) -> SharedBytes {
        SharedBytes(copying: "\r\nContent-Type: ".utf8 + type.withBorrowedBytes { Array($0) })
    }

    private func stored(_ status: Status, _ version: UInt64) -> Response {
        var response = Response(status, route: Route.keys.id)
        response.entityTag = EntityTag(nonce: nonce, version: version)
        return response
    }

    /// 412 with the tag that would have matched, so that the caller can retry at once.
    private func preconditionFailed(_ request: Request, current: UInt64?) -> Response {
        let detail =
            current == nil
            ? "If-Match: the key has no value" : "the value's ETag does not meet If-Match or If-None-Match"
        var response = Problem(.preconditionFailed, detail)
            .response(route: Route.keys.id, asJSON: request.prefersJSON)
        response.entityTag = current.map { EntityTag(nonce: nonce, version: $0) }
        return response
    }

    private var noSuchKey: Problem { Problem(.notFound, "no value is stored under this key") }

    private func tooLarge(_ request: Request) -> Problem {
        let length = request.first(.contentLength)?.excerpt() ?? ""
        return Problem(
            .contentTooLarge, "the value of \(length) bytes is larger than the limit of \(limits.valueBytes) bytes")
    }
}

// What requests on a key have in common.
extension KeyValueAPI {
    /// Calls `body` with the decoded key. Throws for a bad key or query, before the store is touched.
    @inline(__always)
    private func withKey<Result: ~Copyable>(
        of target: RequestTarget, _ body: (BorrowedBytes) -> Result
    ) throws(Problem) -> Result {
        _ = try Query(target.query, knows: [])
        let encoded = target.path.slice(6..<target.path.count)
        let limit = limits.keyBytes
        return try encoded.withPercentDecoded(limit: limit) { decoded -> Swift.Result<Result, Problem> in
            switch decoded {
            case .failure(.malformedEscape(let position)):
                let escape = encoded.slice(position..<min(position + 3, encoded.count)).excerpt()
                return .failure(
                    Problem(.badRequest, "'\(escape)' in the key is not a percent escape of two hex digits"))
            case .failure(.tooLong):
                return .failure(Problem(.uriTooLong, "the key is longer than the limit of \(limit) bytes"))
            case .success(let key) where key.isEmpty:
                return .failure(Problem(.badRequest, "the key is empty; it has 1 to \(limit) bytes"))
            case .success(let key):
                return .success(body(key))
            }
        }.get()
    }

    /// The condition that `If-Match` (strong comparison) and `If-None-Match` (weak comparison) make together, or nil where
    /// the request has neither. Several field lines of one name are one list (RFC 9110 section 5.2).
    private func condition(of request: Request) throws(Problem) -> WriteCondition? {
        if request.fields.isEmpty { return nil }
        let matching = try versions(.ifMatch, in: request, \.stronglyMatching)
        let notMatching = try versions(.ifNoneMatch, in: request, \.weaklyMatching)
        if matching == nil && notMatching == nil { return nil }
        return WriteCondition(matching: matching, notMatching: notMatching)
    }

    private func versions(
        _ name: FieldName, in request: Request, _ comparison: (EntityTagList) -> [UInt64]?
    ) throws(Problem) -> VersionSet? {
        var all: VersionSet?
        for field in request.fields where field.name == name {
            let list: EntityTagList
            do {
                list = try EntityTagList(field.value, nonce: nonce)
            } catch {
                throw Problem(.badRequest, "\(name.text): \(error.explanation)")
            }
            switch (all, comparison(list)) {
            case (nil, nil): all = .any
            case (nil, let listed?): all = .versions(listed)
            case (.versions(let earlier), let listed?): all = .versions(earlier + listed)
            default: throw Problem(.badRequest, "\(name.text): \(EntityTagList.Malformation.starInList.explanation)")
            }
        }
        return all
    }
}

extension EntityTagList.Malformation {
    fileprivate var explanation: String {
        switch self {
        case .notQuoted: "an entity tag starts with a quote, or W/ and a quote"
        case .notClosed: "an entity tag has no closing quote"
        case .controlCharacter: "an entity tag has no control characters"
        case .noComma: "entity tags are separated by commas"
        case .starInList: "* cannot stand beside entity tags"
        }
    }
}
