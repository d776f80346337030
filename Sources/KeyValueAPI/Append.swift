import ByteBuffers
import HTTPMessages
import KeyValueStore

// POST ?op=append: the new value is a copy of the old one with more behind it.
extension KeyValueAPI {
    /// Bytes of a value that are copied at once: a tenth of a millisecond's work.
    static let promptCopy = 256 << 10

    /// Why there is no new value.
    private enum Failure: Error {
        case problem(Problem)
        /// It is to be made by another thread.
        case takesLong
        /// Nobody wants it any more.
        case givenUp
    }

    func append(
        _ request: Request, _ target: RequestTarget, _ uploaded: Entry, _ time: TimeToLive?,
        if condition: WriteCondition?
    ) throws(Problem) -> Response {
        let result = try withKey(of: target) { key in append(uploaded, to: key, time, if: condition) }
        if case .failure(.takesLong) = result {
            let key = try withKey(of: target) { SharedBytes(copying: $0) }
            let work = LongWork(on: workers.queue(for: key), .keys) {
                (standing) -> Result<ShardedStore.UpdateOutcome, Failure>? in
                let result = key.withBorrowedBytes {
                    self.append(uploaded, to: $0, time, if: condition, as: standing)
                }
                if case .failure(.givenUp) = result { return nil }
                return result
            } answer: { result, request in
                do throws(Problem) {
                    return try self.appended(result, request)
                } catch {
                    return self.response(to: request, .keys, failedWith: error)
                }
            }
            return Response(later: work, route: Route.keys.id)
        }
        return try appended(result, request)
    }

    /// - Parameter standing: that of the work, where an event loop does not wait for it.
    private func append(
        _ uploaded: Entry, to key: BorrowedBytes, _ time: TimeToLive?, if condition: WriteCondition?,
        as standing: WorkStanding? = nil
    ) -> Result<ShardedStore.UpdateOutcome, Failure> {
        do throws(Failure) {
            return .success(
                try store.update(key, if: condition, keepsDeadline: time == nil) { (current) throws(Failure) in
                    let entry = try longer(current, uploaded, time, isPrompt: standing == nil)
                    if let standing, !standing.begin() { throw .givenUp }
                    return entry
                })
        } catch {
            return .failure(error)
        }
    }

    private func longer(
        _ current: Entry?, _ uploaded: Entry, _ time: TimeToLive?, isPrompt: Bool
    ) throws(Failure) -> Entry {
        guard let current else {
            setDeadline(of: uploaded, time ?? limits.defaultTimeToLive)
            return uploaded
        }
        let more = uploaded.value
        let count = current.value.count + more.count
        guard count <= limits.valueBytes else {
            let limit = byteCount(limits.valueBytes)
            throw .problem(
                Problem(.contentTooLarge, "the value would have \(byteCount(count)); the limit is \(limit)"))
        }
        if isPrompt, count > Self.promptCopy { throw .takesLong }
        var builder = current.startSuccessor(
            hasDeadline: time != nil || current.hasDeadline, valueCount: count, maximumValueCount: count)
        _ = current.value.withBorrowedBytes { builder.append($0) }
        return seal(builder, adding: more, current: current, time)
    }

    private func appended(
        _ result: Result<ShardedStore.UpdateOutcome, Failure>, _ request: Request
    ) throws(Problem) -> Response {
        switch result {
        case .success(let outcome):
            return try updated(outcome, request) { _ in Response(.noContent, route: Route.keys.id) }
        case .failure(.problem(let problem)): throw problem
        case .failure(.takesLong), .failure(.givenUp): preconditionFailure("an answer for what was not done")
        }
    }
}
