import ByteBuffers
import HTTPMessages
import KeyValueStore

/// A batch that is carried out, at first by an event loop, and where that would take long the rest by another thread.
///
/// `@unchecked Sendable`: one thread at a time uses it.
final class BatchRun: @unchecked Sendable {
    /// Bytes of a batch that is read at once, items that are carried out at once, and bytes of values that are copied at once: each
    /// less than half a millisecond's work.
    private static let promptContent = 4 << 10
    private static let promptItems = 256
    private static let promptAnswer = 64 << 10

    private let api: KeyValueAPI
    /// The content, until it is read.
    private var builder: BytesBuilder?
    /// What the items are views of.
    private var content: SharedBytes?
    private let mayWrite: Bool
    private var items: [BatchRequest.Item] = []
    private var next = 0
    private var answer = BatchAnswer(reserving: 0)
    /// What the next item has found and not taken over yet.
    private var found: Entry?

    /// What became of the batch.
    enum Outcome: Sendable {
        case answer(SharedBytes)
        /// Something in it writes, which its sender may not.
        case readOnly
        case unreadable(Problem)
    }

    init(_ api: KeyValueAPI, _ content: consuming BytesBuilder, mayWrite: Bool) {
        self.api = api
        builder = consume content
        self.mayWrite = mayWrite
    }

    /// Whether items have been carried out.
    var hasBegun: Bool { next > 0 }

    /// Carries the rest out.
    ///
    /// - Parameter isPrompt: whether to stop where it would take long.
    /// - Returns: nil where it has stopped.
    func run(isPrompt: Bool) -> Outcome? {
        if let count = builder?.count, isPrompt, count > Self.promptContent { return nil }
        if let content = builder.take()?.freeze() {
            self.content = content
            do throws(Problem) {
                items = try content.withBorrowedBytes { (content) throws(Problem) in
                    try BatchRequest.parse(content, limit: BatchRequest.maximumItemCount)
                }
            } catch {
                return .unreadable(error)
            }
            if !mayWrite, items.contains(where: \.writes) { return .readOnly }
            answer = BatchAnswer(reserving: 64 * items.count, storage: AnswerStorage.self)
        }
        let end = isPrompt ? min(items.count, Self.promptItems) : items.count
        while next < end, !isPrompt || answer.count <= Self.promptAnswer {
            guard carryOut(items[next], isPrompt) else { return nil }
            next += 1
        }
        return next == items.count ? .answer(exchange(&answer, with: BatchAnswer(reserving: 0)).finish()) : nil
    }

    /// - Returns: false where that would take long, and was not done.
    private func carryOut(_ item: BatchRequest.Item, _ isPrompt: Bool) -> Bool {
        do throws(Problem) {
            switch item {
            case .get(let key): return try get(key, isPrompt)
            case .put(let key, let value): try put(key, value)
            case .delete(let key):
                let outcome = try api.withDecodedKey(key, named: "key") { key in api.store.remove(key) }
                answer.append(outcome == .removed ? .noContent : .notFound, etag: nil, content: nil)
            }
        } catch {
            // A missing key needs no words; whatever else is wrong is told as a request of its own would be.
            if error.status == .notFound {
                answer.append(.notFound, etag: nil, content: nil)
            } else {
                SharedBytes(copying: error.detail.utf8).withBorrowedBytes {
                    answer.append(error.status, etag: nil, content: $0)
                }
            }
        }
        return true
    }

    private func get(_ key: BorrowedBytes, _ isPrompt: Bool) throws(Problem) -> Bool {
        var looked = found.take()
        if looked == nil { looked = try api.withDecodedKey(key, named: "key") { key in api.store.entry(for: key) } }
        guard let entry = looked else { throw api.noSuchKey }
        let value = entry.value
        let limit = api.limits.batchBytes
        guard answer.count + value.count <= limit else {
            throw Problem(.contentTooLarge, "the answer would be larger than the limit of \(byteCount(limit))")
        }
        if isPrompt, value.count > Self.promptAnswer {
            found = entry
            return false
        }
        value.withBorrowedBytes { answer.append(.ok, etag: tag(entry.version), content: $0) }
        return true
    }

    private func put(_ key: BorrowedBytes, _ value: BorrowedBytes) throws(Problem) {
        let time = api.limits.defaultTimeToLive
        let entry = try api.withDecodedKey(key, named: "key") { key in
            var builder = Entry.start(
                key: key, attributes: BorrowedBytes(""), hasDeadline: time != nil, valueCount: value.count,
                maximumValueCount: value.count)
            let fits = builder.append(value)
            precondition(fits, "a builder for a value of another size")
            return Entry(sealing: builder)
        }
        if let time { entry.setDeadline(api.store.clock.now + time.nanoseconds) }
        switch api.store.put(entry) {
        case .created(let version): answer.append(.created, etag: tag(version), content: nil)
        case .replaced(let version): answer.append(.noContent, etag: tag(version), content: nil)
        case .full: throw api.storeFull
        case .conditionFailed: preconditionFailure("a write without a condition")
        }
    }

    private func tag(_ version: UInt64) -> EntityTag { EntityTag(nonce: api.nonce, version: version) }
}
