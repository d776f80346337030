import ByteBuffers
import HTTPMessages
import KeyValueStore

// POST on /batch: many keys in one request.
extension KeyValueAPI {
    /// What to do with the content of a batch.
    func receiveBatch(
        _ request: Request, _ target: RequestTarget, _ builder: inout BytesBuilder?
    ) throws(Problem) -> Reception {
        _ = try Query(target.query, knows: [])
        try refuseConditions(request, "a batch")
        try checkLength(request, limit: limits.batchBytes, "batch")
        let allowance = try admit(request)
        builder = BytesBuilder(
            capacity: request.announcedLength ?? 0, limit: limits.batchBytes, allowance: allowance)
        return request.has(.contentDigest) ? try receiveChecking(request, &builder) : .take
    }

    /// Carries the items out one after the other, each as a request of its own would be. Nothing is done where the batch cannot
    /// be read.
    func batch(_ request: Request, _ upload: consuming Upload) throws(Problem) -> Response {
        let content = try takeContent(upload, limit: limits.batchBytes, "batch").freeze()
        // Before anything is done.
        try checkAnswers()
        let answer = try content.withBorrowedBytes { (content) throws(Problem) -> SharedBytes? in
            let items = try BatchRequest.parse(content, limit: BatchRequest.maximumItemCount)
            // Who may only read has come so far, since what is in a batch shows when all of it is here.
            if access != nil, items.contains(where: \.writes), !mayWrite(request) { return nil }
            var answer = BatchAnswer(reserving: 64 * items.count, storage: AnswerStorage.self)
            for item in items { carryOut(item, &answer) }
            return answer.finish()
        }
        guard let answer else { return self.response(to: request, .batch, refused: .readOnly) }
        store.pin(answer)
        var response = Response(.ok, route: Route.batch.id, body: .shared(answer))
        response.contentType = .batch
        return response
    }

    private func carryOut(_ item: BatchRequest.Item, _ answer: inout BatchAnswer) {
        do throws(Problem) {
            switch item {
            case .get(let key): try get(key, &answer)
            case .put(let key, let value): try put(key, value, &answer)
            case .delete(let key):
                let outcome = try withDecodedKey(key, named: "key") { key in store.remove(key) }
                answer.append(outcome == .removed ? .noContent : .notFound, etag: nil, content: nil)
            }
        } catch {
            // A missing key needs no words; whatever else is wrong is told as a request of its own would be.
            guard error.status != .notFound else { return answer.append(.notFound, etag: nil, content: nil) }
            SharedBytes(copying: error.detail.utf8).withBorrowedBytes {
                answer.append(error.status, etag: nil, content: $0)
            }
        }
    }

    private func get(_ key: BorrowedBytes, _ answer: inout BatchAnswer) throws(Problem) {
        guard let entry = try withDecodedKey(key, named: "key", { key in store.entry(for: key) }) else {
            throw noSuchKey
        }
        let value = entry.value
        guard answer.count + value.count <= limits.batchBytes else {
            throw Problem(
                .contentTooLarge, "the answer would be larger than the limit of \(byteCount(limits.batchBytes))")
        }
        value.withBorrowedBytes {
            answer.append(.ok, etag: EntityTag(nonce: nonce, version: entry.version), content: $0)
        }
    }

    private func put(_ key: BorrowedBytes, _ value: BorrowedBytes, _ answer: inout BatchAnswer) throws(Problem) {
        let time = limits.defaultTimeToLive
        let entry = try withDecodedKey(key, named: "key") { key in
            var builder = Entry.start(
                key: key, attributes: BorrowedBytes(""), hasDeadline: time != nil, valueCount: value.count,
                maximumValueCount: value.count)
            let fits = builder.append(value)
            precondition(fits, "a builder for a value of another size")
            return Entry(sealing: builder)
        }
        if let time { entry.setDeadline(store.clock.now + time.nanoseconds) }
        switch store.put(entry) {
        case .created(let version): answer.append(.created, etag: tag(version), content: nil)
        case .replaced(let version): answer.append(.noContent, etag: tag(version), content: nil)
        case .full: throw storeFull
        case .conditionFailed: preconditionFailure("a write without a condition")
        }
    }

    private func tag(_ version: UInt64) -> EntityTag { EntityTag(nonce: nonce, version: version) }
}
