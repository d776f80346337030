import Dispatch
import HTTPMessages
import Synchronization
import Testing

/// A request that waits for its answer. Does what the HTTP engine does with one, but when the test says so.
///
/// `@unchecked Sendable`: only `resume` is called by others than the test.
final class WaitingRequest: Resumption, @unchecked Sendable {
    private let kept: KeptRequest
    private var pending: (any PendingResponse)?
    private let resumeCounter = Atomic(0)
    private let signal = DispatchSemaphore(value: 0)
    private let resumptions = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    init(_ pending: any PendingResponse, _ kept: KeptRequest) {
        self.kept = kept
        self.pending = pending
        pending.start(self)
    }

    func resume() {
        resumeCounter.add(1, ordering: .relaxed)
        resumptions.continuation.yield()
        signal.signal()
    }

    /// Whether its answer comes by itself.
    var isAtWork: Bool { pending?.isAtWork ?? false }

    /// Blocks until the answer has come by itself.
    func work() -> Answer {
        while true {
            signal.wait()
            if let answer = ask() { return answer }
        }
    }

    /// How often it was resumed.
    var resumeCount: Int { resumeCounter.load(ordering: .relaxed) }

    /// When it is resumed though nobody asked for it.
    var deadline: ContinuousClock.Instant? { pending?.deadline }

    /// Whether that has come.
    var isDue: Bool { deadline.map { $0 <= .now } ?? false }

    /// Asks for the answer; where there is one, the request is over.
    func ask(isLast: Bool = false) -> Answer? {
        guard let response = kept.withRequest({ pending?.response(to: $0, isLast: isLast) }) else { return nil }
        end()
        if case .later(let next) = response.body {
            pending = next
            next.start(self)
            return nil
        }
        return Answer(response, .respondAtEnd)
    }

    /// The answer of a request that cannot wait on.
    func last() -> Answer { ask(isLast: true)! }

    /// Returns once it has been resumed since the last time.
    func resumed() async {
        var iterator = resumptions.stream.makeAsyncIterator()
        await iterator.next()
    }

    /// The answer, once it is there.
    func answer() async -> Answer {
        while true {
            await resumed()
            if let answer = ask() { return answer }
        }
    }

    /// The request is over: it was answered, or its client has left.
    func end() {
        pending?.end()
        pending = nil
    }
}

extension InProcessClient.Outcome {
    /// The answer that came at once; an issue where there is none.
    var answer: Answer? {
        if case .answered(let answer) = self { return answer }
        Issue.record("the request waits")
        return nil
    }

    /// The request that waits for its answer; an issue where it does not.
    var waiting: WaitingRequest? {
        switch self {
        case .waiting(let waiting): return waiting
        case .answered(let answer):
            Issue.record("answered at once: \(answer.status) \(answer.text)")
            return nil
        }
    }
}
