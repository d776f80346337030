import ByteBuffers
import HTTPMessages
import KeyValueStore

// POST ?op=touch: another deadline. A value without room for one is copied once.
extension KeyValueAPI {
    func touch(
        _ request: Request, _ target: RequestTarget, _ time: TimeToLive?, if condition: WriteCondition?
    ) throws(Problem) -> Response {
        let deadline = time.map { store.clock.now + $0.nanoseconds } ?? Entry.never
        let outcome = try withKey(of: target) { key in
            store.moveDeadline(of: key, to: deadline, if: condition, copyingAtMost: Self.promptCopy)
        }
        guard let outcome else {
            let key = try withKey(of: target) { SharedBytes(copying: $0) }
            let work = LongWork(on: workers.queue(for: key), .keys) {
                (standing) -> ShardedStore.MoveOutcome? in
                guard standing.begin() else { return nil }
                return key.withBorrowedBytes {
                    self.store.moveDeadline(of: $0, to: deadline, if: condition)
                }
            } answer: { outcome, request in
                do throws(Problem) {
                    return try self.touched(outcome, request)
                } catch {
                    return self.response(to: request, .keys, failedWith: error)
                }
            }
            return Response(later: work, route: Route.keys.id)
        }
        return try touched(outcome, request)
    }

    private func touched(_ outcome: ShardedStore.MoveOutcome, _ request: Request) throws(Problem) -> Response {
        switch outcome {
        case .moved(let entry):
            var response = stored(.noContent, entry.version)
            if let seconds = secondsLeft(of: entry) { response.add(timeToLive: seconds) }
            return response
        case .notFound: throw noSuchKey
        case .conditionFailed(let current): return preconditionFailed(request, current: current)
        case .full: throw storeFull
        }
    }
}
