import TestSupport
import Testing

@testable import MicroHTTPD
import Threads

/// When requests that wait are due, at instants that are made up.
@Suite final class WaitingListTests {
    private let registry: WaitingRequests
    private let start = ContinuousClock.now
    private var list = WaitingList()

    init() throws { registry = try WaitingRequests(wakeUp: try WakeUp()) }

    private func request() -> WaitingRequest {
        // Nobody looks at the connection: it is not suspended.
        WaitingRequest(TestResponse(), connection: OpaquePointer(bitPattern: 8)!, descriptor: -1, registry: registry)
    }

    private func add(_ request: WaitingRequest, until deadline: ContinuousClock.Instant?) -> Bool {
        list.add(request, until: deadline)
    }

    private func wake(_ request: WaitingRequest) -> Bool { list.wake(request) }

    private func takeDue(
        at now: ContinuousClock.Instant
    ) -> (due: [WaitingRequest], next: ContinuousClock.Instant?) { list.takeDue(at: now) }

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    @Test(arguments: seeds) func `exactly those are due whose deadlines are over`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var waiting: [ObjectIdentifier: Int] = [:]
        for _ in 0..<500 {
            let request = request()
            let deadline = Int.random(in: 0..<2_000, using: &random)
            waiting[ObjectIdentifier(request)] = deadline
            _ = add(request, until: at(deadline))
        }
        for now in stride(from: 0, through: 2_000, by: 10) {
            let (due, next) = takeDue(at: at(now))
            let expected = waiting.filter { $0.value <= now }.map(\.key)
            #expect(Set(due.map { ObjectIdentifier($0) }) == Set(expected))
            #expect(due.count == expected.count)
            for key in expected { waiting[key] = nil }
            // A look that finds somebody is the last for 5 ms.
            #expect(next == waiting.values.min().map { at(expected.isEmpty ? $0 : max($0, now + 5)) })
            #expect(list.places.count == waiting.count)
        }
        #expect(waiting.isEmpty)
    }

    @Test func `a deadline is over at its instant, and not a nanosecond before`() {
        let request = request()
        #expect(add(request, until: at(7)))
        let before = takeDue(at: at(7) - .nanoseconds(1))
        #expect(before.due.isEmpty)
        #expect(before.next == at(7))
        let then = takeDue(at: at(7))
        #expect(then.due.map { $0 === request } == [true])
        #expect(then.next == nil)
    }

    @Test func `whoever comes when he is told to looks for overdue requests once in 5 ms`() {
        for deadline in 1...100 { _ = add(request(), until: at(deadline)) }
        var found: [Int: Int] = [:]
        var next: ContinuousClock.Instant? = at(1)
        while let now = next {
            #expect(takeDue(at: now - .nanoseconds(1)).due.isEmpty)
            let turn = takeDue(at: now)
            found[Int((now - start) / .milliseconds(1))] = turn.due.count
            next = turn.next
        }
        var expected = [1: 1, 101: 4]
        for now in stride(from: 6, through: 96, by: 5) { expected[now] = 5 }
        #expect(found == expected)
    }

    @Test func `who is woken is due at once, whatever his deadline, and once`() {
        let requests = (0..<3).map { _ in request() }
        for (request, deadline) in zip(requests, [at(50), nil, at(60)]) { _ = add(request, until: deadline) }
        // The first to be woken is news to the resumer.
        #expect(wake(requests[1]))
        #expect(!wake(requests[1]))
        #expect(!wake(requests[2]))
        let (due, next) = takeDue(at: at(0))
        #expect(due.map { ObjectIdentifier($0) } == requests[1...].map { ObjectIdentifier($0) })
        #expect(next == at(50))
        #expect(takeDue(at: at(49)).due.isEmpty)
        #expect(takeDue(at: at(50)).due.map { $0 === requests[0] } == [true])
    }

    @Test func `who was woken before he is added is due at once`() {
        let request = request()
        #expect(!wake(request))
        #expect(add(request, until: nil))
        let (due, next) = takeDue(at: at(0))
        #expect(due.map { $0 === request } == [true])
        #expect(next == nil)
    }

    @Test func `the resumer is called only where it has to come earlier than it knows`() {
        #expect(!add(request(), until: nil))
        #expect(add(request(), until: at(50)))
        #expect(!add(request(), until: at(51)))
        #expect(add(request(), until: at(10)))
        #expect(takeDue(at: at(10)).next == at(50))
        #expect(add(request(), until: at(12)))
        // It comes at 15 anyway, and not before.
        #expect(!add(request(), until: at(11)))
        #expect(takeDue(at: at(14)).due.isEmpty)
        #expect(takeDue(at: at(15)).due.count == 2)
    }
}
