import ByteBuffers
import HTTPMessages
import KeyValueStore

// GET, HEAD, PUT and DELETE on /keys/<key>.
extension KeyValueAPI {
    func get(_ request: Request, _ target: RequestTarget) throws(Problem) -> Response {
        let condition = try condition(of: request)
        if target.query != nil { _ = try Query(target.query, knows: []) }
        guard let entry = try withKey(of: target, { key in store.entry(for: key) }) else {
            // With a condition the client knows a value, which has gone.
            if condition == nil, let later = try wait(of: request, for: target, seen: nil) { return later }
            throw noSuchKey
        }
        // What most requests are about.
        if condition == nil, request.names.isDisjoint(with: .seldomWithGet) { return whole(entry) }
        let response = respond(with: entry, to: request, if: condition)
        if response.status == .notModified, let later = try wait(of: request, for: target, seen: entry) { return later }
        return addingDigest(to: response, for: request)
    }

    /// The answer that shows `entry`: all of it, a part, or that it is as the client knows it (RFC 9110 section 13.2.2).
    func respond(with entry: Entry, to request: Request, if condition: WriteCondition?) -> Response {
        if let condition {
            if let matching = condition.matching, !matching.contains(entry.version) {
                return preconditionFailed(request, current: entry.version)
            }
            if let notMatching = condition.notMatching, notMatching.contains(entry.version) {
                // With the content, which is not sent: its length belongs to a 304 as well (RFC 9110 section 8.6).
                return show(entry, as: .notModified)
            }
        }
        if request.method == .get, let range = request.only(.range), rangeApplies(to: entry, in: request) {
            return part(range, of: entry, request)
        }
        return whole(entry)
    }

    @inline(__always)
    private func whole(_ entry: consuming Entry) -> Response {
        var response = show(entry, as: .ok)
        response.contentType = .stored
        return response
    }

    /// 206 with a slice of the value, or 416 (RFC 9110 section 14).
    private func part(_ range: BorrowedBytes, of entry: Entry, _ request: Request) -> Response {
        let content = content(of: entry)
        let count = content.count
        switch RangeSelection(range, of: count) {
        case .whole: return whole(entry)
        case .part(let part):
            var response = show(entry, as: .partialContent, part)
            response.contentType = .stored
            response.add(contentRange: (part, count))
            return response
        case .unsatisfiable:
            let detail = "the value has \(byteCount(count)), of which the range '\(range.excerpt())' has none"
            var response = Problem(.rangeNotSatisfiable, detail)
                .response(route: Route.keys.id, asJSON: request.prefersJSON)
            response.entityTag = EntityTag(nonce: nonce, version: entry.version)
            response.add(unsatisfiedOf: count)
            return response
        }
    }

    /// The answer with the content of `entry`, or a part of it. What the entry's header says is read first, so that its reference
    /// goes over to the content.
    @inline(__always)
    private func show(_ entry: consuming Entry, as status: Status, _ part: Range<Int>? = nil) -> Response {
        let tag = EntityTag(nonce: nonce, version: entry.version)
        let timeToLive = entry.hasDeadline ? secondsLeft(of: entry) : nil
        let linesCount = entry.attributesCount
        var content = StoredContent(entry.takeAttributesAndValue(), linesCount: linesCount)
        if let part { content = StoredContent(part, of: content) }
        var response = Response(status, route: Route.keys.id, body: .stored(content))
        response.entityTag = tag
        response.isStoredValue = true
        if let timeToLive { response.add(timeToLive: timeToLive) }
        return response
    }

    @inline(__always)
    func content(of entry: Entry) -> StoredContent {
        StoredContent(entry.attributesAndValue, linesCount: entry.attributesCount)
    }

    /// What to do with the content of a PUT: everything that can be decided before it arrives is.
    func receivePut(
        _ request: Request, _ target: RequestTarget, _ builder: inout BytesBuilder?
    ) throws(Problem) -> Reception {
        let expiry = try expiry(of: target)
        return try receiveValue(request, target, hasDeadline: expiry.needsRoom, &builder)
    }

    func put(_ request: Request, _ target: RequestTarget, _ upload: consuming Upload) throws(Problem) -> Response {
        let value = try takeContent(upload, limit: limits.valueBytes, "value")
        if value.isInPieces {
            return joining(value) { (entry, request) throws(Problem) in try self.put(request, request.target, entry) }
        }
        return try put(request, target, Entry(sealing: value))
    }

    @inline(__always)
    private func put(_ request: Request, _ target: RequestTarget, _ entry: Entry) throws(Problem) -> Response {
        let condition = try condition(of: request)
        let expiry = try expiry(of: target)
        expiry.apply(to: entry, clock: store.clock)
        switch store.put(entry, if: condition, keepsDeadline: expiry.isKept) {
        case .created(let version): return stored(.created, version)
        case .replaced(let version): return stored(.noContent, version)
        case .conditionFailed(let current): return preconditionFailed(request, current: current)
        case .full: throw storeFull
        }
    }

    func delete(_ request: Request, _ target: RequestTarget) throws(Problem) -> Response {
        let condition = try condition(of: request)
        _ = try Query(target.query, knows: [])
        switch try withKey(of: target, { key in store.remove(key, if: condition) }) {
        case .removed: return Response(.noContent, route: Route.keys.id)
        case .notFound: throw noSuchKey
        case .conditionFailed(let current): return preconditionFailed(request, current: current)
        }
    }

    func stored(_ status: Status, _ version: UInt64) -> Response {
        var response = Response(status, route: Route.keys.id)
        response.entityTag = EntityTag(nonce: nonce, version: version)
        return response
    }

    var storeFull: Problem {
        let limit = byteCount(store.maximumMemory)
        return Problem(.insufficientStorage, "the store is full: its entries and tables may take \(limit) of memory")
    }

    var noSuchKey: Problem { Problem(.notFound, "no value is stored under this key") }
}
