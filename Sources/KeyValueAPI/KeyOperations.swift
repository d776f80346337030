import ByteBuffers
import HTTPMessages
import KeyValueStore

// POST on /keys/<key>.
extension KeyValueAPI {
    /// What to do with the content of a POST.
    func receivePost(
        _ request: Request, _ target: RequestTarget, _ builder: inout BytesBuilder?
    ) throws(Problem) -> Reception {
        switch try operation(target) {
        case .increment, .getAndDelete, .touch:
            try checkLength(request, limit: limits.valueBytes, "content")
            return .respondAtEnd
        case .append(let time):
            // Where nothing is, what is appended becomes the value, and may get a deadline.
            let hasDeadline = time != nil || limits.defaultTimeToLive != nil
            return try receiveValue(request, target, hasDeadline: hasDeadline, &builder)
        case .getAndSet(let expiry):
            return try receiveValue(request, target, hasDeadline: expiry.needsRoom, &builder)
        }
    }

    func post(_ request: Request, _ target: RequestTarget, _ upload: consuming Upload) throws(Problem) -> Response {
        let condition = try condition(of: request)
        switch try operation(target) {
        case .increment(let step, let time): return try increment(request, target, by: step, time, if: condition)
        case .append(let time):
            return try withEntry(request, upload) { (entry, request) throws(Problem) in
                try self.append(request, request.target, entry, time, if: condition)
            }
        case .getAndDelete: return try getAndDelete(request, target, if: condition)
        case .getAndSet(let expiry):
            return try withEntry(request, upload) { (entry, request) throws(Problem) in
                try self.getAndSet(request, entry, expiry, if: condition)
            }
        case .touch(let time): return try touch(request, target, time, if: condition)
        }
    }

    private static let numberAttributes: StaticString = "\r\nContent-Type: text/plain; charset=utf-8"

    private func increment(
        _ request: Request, _ target: RequestTarget, by step: Int64, _ time: TimeToLive?, if condition: WriteCondition?
    ) throws(Problem) -> Response {
        let outcome = try withKey(of: target) { (key) throws(Problem) in
            try store.update(key, if: condition, keepsDeadline: time == nil) { (current) throws(Problem) in
                let number = try current.map { (current) throws(Problem) in try self.number(in: current) } ?? 0
                let (sum, overflows) = number.addingReportingOverflow(step)
                if overflows {
                    throw Problem(.conflict, "\(number) and \(step) add up to more than 64 bits hold")
                }
                let text = SharedBytes(copying: String(sum).utf8)
                return successor(of: current, key, text, time)
            }
        }
        return try updated(outcome, request) { entry in
            var response = Response(.ok, route: Route.keys.id, body: .shared(entry.value))
            response.contentType = .plainText
            return response
        }
    }

    private func number(in entry: Entry) throws(Problem) -> Int64 {
        let text = entry.value
        guard let number = text.withBorrowedBytes({ decimalNumber($0) }) else {
            let excerpt = text.withBorrowedBytes { $0.excerpt() }
            throw Problem(
                .conflict, "the value '\(excerpt)' is not a whole number from \(Int64.min) to \(Int64.max)")
        }
        return number
    }

    /// The entry that follows `current` with another value. It has no room for a deadline without need, since a store that is
    /// full may have none for it.
    private func successor(of current: Entry?, _ key: BorrowedBytes, _ text: SharedBytes, _ time: TimeToLive?) -> Entry
    {
        let builder =
            current.map {
                $0.startSuccessor(
                    hasDeadline: time != nil || $0.hasDeadline, valueCount: text.count, maximumValueCount: text.count)
            }
            ?? Entry.start(
                key: key, attributes: BorrowedBytes(Self.numberAttributes),
                hasDeadline: time != nil || limits.defaultTimeToLive != nil, valueCount: text.count,
                maximumValueCount: text.count)
        return seal(builder, adding: text, current: current, time)
    }

    func seal(
        _ builder: consuming BytesBuilder, adding more: SharedBytes, current: Entry?, _ time: TimeToLive?
    ) -> Entry {
        var builder = builder
        let fits = more.withBorrowedBytes { builder.append($0) }
        precondition(fits, "a builder for a value of another size")
        let entry = Entry(sealing: builder)
        setDeadline(of: entry, time ?? (current == nil ? limits.defaultTimeToLive : nil))
        return entry
    }

    func setDeadline(of entry: Entry, _ time: TimeToLive?) {
        if let time { entry.setDeadline(store.clock.now + time.nanoseconds) }
    }

    func updated(
        _ outcome: ShardedStore.UpdateOutcome, _ request: Request, _ replaced: (Entry) -> Response
    ) throws(Problem) -> Response {
        switch outcome {
        case .full: throw storeFull
        case .conditionFailed(let current): return preconditionFailed(request, current: current)
        case .created(let entry):
            var response = replaced(entry)
            response.status = .created
            response.entityTag = EntityTag(nonce: nonce, version: entry.version)
            return response
        case .replaced(let entry):
            var response = replaced(entry)
            response.entityTag = EntityTag(nonce: nonce, version: entry.version)
            return response
        }
    }

    private func getAndDelete(
        _ request: Request, _ target: RequestTarget, if condition: WriteCondition?
    ) throws(Problem) -> Response {
        var removed: Entry?
        let outcome = try withKey(of: target) { key in store.take(key, if: condition, removed: &removed) }
        switch outcome {
        case .removed: return old(.ok, removed)
        case .notFound: throw noSuchKey
        case .conditionFailed(let current): return preconditionFailed(request, current: current)
        }
    }

    private func getAndSet(
        _ request: Request, _ entry: Entry, _ expiry: Expiry, if condition: WriteCondition?
    ) throws(Problem) -> Response {
        expiry.apply(to: entry, clock: store.clock)
        var displaced: Entry?
        let outcome = store.exchange(entry, if: condition, keepsDeadline: expiry.isKept, displaced: &displaced)
        switch outcome {
        case .created(let version): return tagged(old(.created, nil), version)
        case .replaced(let version): return tagged(old(.ok, displaced), version)
        case .full: throw storeFull
        case .conditionFailed(let current): return preconditionFailed(request, current: current)
        }
    }

    /// The value that was there, empty where there was none.
    private func old(_ status: Status, _ entry: Entry?) -> Response {
        var response = Response(status, route: Route.keys.id, body: entry.map { .stored(content(of: $0)) } ?? .none)
        if entry != nil {
            response.contentType = .stored
            response.add(isNotToBeSniffed: true)
        }
        return response
    }

    /// With the tag of the value that is there now (RFC 9110 section 8.8.3), with which to write again.
    private func tagged(_ response: Response, _ version: UInt64) -> Response {
        var response = response
        response.entityTag = EntityTag(nonce: nonce, version: version)
        return response
    }
}
