import ByteBuffers
import HTTPMessages
import KeyValueStore

// What requests that bring a value have in common.
extension KeyValueAPI {
    /// A client that waits for leave to send is spared the upload; so is everybody from one that is too large, or that there is no memory for. Else the
    /// content is skipped, which lets the connection live.
    func refuse(_ request: Request, _ response: Response) -> Reception {
        switch response.status {
        case .contentTooLarge, .insufficientStorage, .serviceUnavailable: .refuse(response)
        default: request.expectsContinue ? .refuse(response) : .skip(response)
        }
    }

    /// Takes the content as the value of the target's key, unless something is wrong with it, or its condition can not hold
    /// any more.
    func receiveValue(
        _ request: Request, _ target: RequestTarget, hasDeadline: Bool, _ builder: inout BytesBuilder?
    ) throws(Problem) -> Reception {
        try checkLength(request, limit: limits.valueBytes, "value")
        // Before the value comes; one that may replace another is looked at again when it is here.
        if store.isFull(forValueOf: request.announcedLength ?? 0),
            try withKey(of: target, { key in store.peek(key) }) == nil
        {
            throw storeFull
        }
        if let condition = try condition(of: request) {
            let (mayHold, current) = try withKey(of: target) { key in store.mayHold(condition, for: key) }
            if !mayHold { return refuse(request, preconditionFailed(request, current: current)) }
        }
        let allowance = try admit(request)
        let length = request.announcedLength ?? 0
        let limit = limits.valueBytes
        builder = try withKey(of: target) { (key) throws(Problem) in
            try request.withStoredFields { attributes in
                Entry.start(
                    key: key, attributes: attributes, hasDeadline: hasDeadline, valueCount: length,
                    maximumValueCount: limit, allowance: allowance)
            }
        }
        // One test for two fields that few requests have.
        if request.names.isDisjoint(with: .seldomWithContent) { return .take }
        return try receiveSeldom(request, &builder)
    }

    /// Takes memory for the content of `request`; throws where there is none.
    @inline(__always)
    func admit(_ request: Request) throws(Problem) -> UploadAllowance? {
        // Most are small.
        if let length = request.announcedLength, length <= ShardedStore.uncountedUpload { return nil }
        return try admitCounted(request)
    }

    private func admitCounted(_ request: Request) throws(Problem) -> UploadAllowance? {
        switch store.admitUpload(of: request.announcedLength) {
        case .admitted(let allowance): return allowance
        case .busy: throw uploadsBusy
        case .full: throw storeFull
        }
    }

    /// Throws where answers that clients read slowly have taken all memory, and another may be as large.
    func checkAnswers() throws(Problem) {
        guard store.admitsAnswers else {
            throw Problem(.serviceUnavailable, "answers that are being sent take all memory that there is")
        }
    }

    private var uploadsBusy: Problem {
        let limit = byteCount(store.maximumUploads)
        return Problem(.serviceUnavailable, "uploads in progress take all memory that they may: \(limit)")
    }

    /// Throws where more content is announced than what it is, `name`, may have.
    func checkLength(_ request: Request, limit: Int, _ name: StaticString) throws(Problem) {
        guard let length = request.announcedLength, length > limit else { return }
        let text = length == 1 ? byteCount(length) : "\(request.first(.contentLength)?.excerpt() ?? "") bytes"
        throw Problem(.contentTooLarge, "the \(name) of \(text) is larger than the limit of \(byteCount(limit))")
    }

    /// Answers with what `body` makes of the entry that has been uploaded, at once or later.
    func withEntry(
        _ request: Request, _ upload: consuming Upload,
        _ body: @escaping @Sendable (Entry, Request) throws(Problem) -> Response
    ) throws(Problem) -> Response {
        let value = try takeContent(upload, limit: limits.valueBytes, "value")
        return value.isInPieces ? joining(value, body) : try body(Entry(sealing: value), request)
    }

    /// The promise of what `body` makes of an entry whose bytes are in pieces, and are copied together by another thread.
    @inline(never)
    func joining(
        _ value: consuming BytesBuilder, _ body: @escaping @Sendable (Entry, Request) throws(Problem) -> Response
    ) -> Response {
        let pieces = Pieces(value)
        let work = LongWork(on: workers.anyQueue(), .keys) { (_) -> Entry? in
            guard let builder = pieces.take() else { return nil }
            return Entry(sealing: builder)
        } answer: { (entry, request) -> Response in
            do throws(Problem) {
                return try body(entry, request)
            } catch {
                return self.response(to: request, .keys, failedWith: error)
            }
        }
        return Response(later: work, route: Route.keys.id)
    }

    /// The content that has been uploaded as a `name` of at most `limit` bytes.
    func takeContent(
        _ upload: consuming Upload, limit: Int, _ name: StaticString
    ) throws(Problem) -> BytesBuilder {
        switch consume upload {
        case .complete(let complete): return complete
        case .denied: throw uploadsBusy
        case .tooLarge: throw Problem(.contentTooLarge, "the \(name) is larger than the limit of \(byteCount(limit))")
        case .none: preconditionFailure("an upload that was received has content, be it empty")
        }
    }
}

/// A builder on its way to the thread that finishes it. `@unchecked Sendable`: one thread has it at a time.
private final class Pieces: @unchecked Sendable {
    private var builder: BytesBuilder?

    init(_ builder: consuming BytesBuilder) { self.builder = consume builder }

    func take() -> BytesBuilder? { builder.take() }
}
