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
        let content = try takeContent(upload, limit: limits.batchBytes, "batch")
        // Before anything is done.
        try checkAnswers()
        // Who may only read has come so far, since what is in a batch shows when all of it is here.
        let run = BatchRun(self, content, mayWrite: access == nil || mayWrite(request))
        if let outcome = run.run(isPrompt: true) { return response(to: request, outcome) }
        let work = LongWork(on: workers.anyQueue(), .batch, hasBegun: run.hasBegun) { standing in
            standing.begin() ? run.run(isPrompt: false) : nil
        } answer: { outcome, request in
            self.response(to: request, outcome)
        }
        return Response(later: work, route: Route.batch.id)
    }

    private func response(to request: Request, _ outcome: BatchRun.Outcome) -> Response {
        switch outcome {
        case .answer(let answer):
            store.pin(answer)
            var response = Response(.ok, route: Route.batch.id, body: .shared(answer))
            response.contentType = .batch
            return response
        case .readOnly: return response(to: request, .batch, refused: .readOnly)
        case .unreadable(let problem): return response(to: request, .batch, failedWith: problem)
        }
    }
}
