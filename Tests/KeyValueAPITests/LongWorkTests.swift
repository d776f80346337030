import ByteBuffers
import Dispatch
import HTTPMessages
import Synchronization
import TestSupport
import Testing
import Threads

@testable import KeyValueAPI

/// Work that is done apart from the event loops.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LongWorkTests {
    /// A queue whose thread is held until it is let go.
    private final class HeldQueue: Sendable {
        let queue = WorkQueue()
        private let mayGoOn = DispatchSemaphore(value: 0)

        init() {
            let mayGoOn = mayGoOn
            queue.add { mayGoOn.wait() }
        }

        func letGo() { mayGoOn.signal() }

        deinit { mayGoOn.signal() }
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)
        func set() { value.store(true, ordering: .releasing) }
        var isSet: Bool { value.load(ordering: .acquiring) }
    }

    private func waiting(_ work: any PendingResponse) -> WaitingRequest {
        WaitingRequest(work, KeptRequest("GET", Array("/".utf8), [], announcing: nil))
    }

    /// Blocks until `semaphore` is signalled.
    private func hold(_ semaphore: DispatchSemaphore) { semaphore.wait() }

    private func answer(_ text: String) -> Response {
        Response(.ok, route: Route.keys.id, body: .shared(SharedBytes(copying: text.utf8)))
    }

    @Test func `work is done in the order in which it came, and answered`() async {
        let held = HeldQueue()
        let order = Mutex<[Int]>([])
        let all = (0..<50).map { number in
            waiting(
                LongWork(on: held.queue, .keys) { _ in
                    order.withLock { $0.append(number) }
                    return number
                } answer: { outcome, _ in
                    answer("\(outcome)")
                })
        }
        #expect(all.allSatisfy { $0.isAtWork && $0.ask() == nil })
        held.letGo()
        for (number, waiting) in all.enumerated() { #expect(await waiting.answer().text == "\(number)") }
        #expect(order.withLock { $0 } == Array(0..<50))
    }

    @Test func `what has not begun when the client leaves is not done`() async {
        let held = HeldQueue()
        let wasDone = Flag()
        let left = waiting(
            LongWork(on: held.queue, .keys) { _ in
                wasDone.set()
            } answer: { _, _ in
                answer("")
            })
        let other = waiting(
            LongWork(on: held.queue, .keys) { _ in
                true
            } answer: { _, _ in
                answer("other")
            })
        left.end()
        held.letGo()
        #expect(await other.answer().text == "other")
        #expect(!wasDone.isSet)
    }

    @Test func `what has not begun when the server stops is answered 503, and not done`() async {
        let held = HeldQueue()
        let wasDone = Flag()
        let stopped = waiting(
            LongWork(on: held.queue, .keys) { _ in
                wasDone.set()
            } answer: { _, _ in
                answer("")
            })
        let other = waiting(
            LongWork(on: held.queue, .keys) { _ in
                true
            } answer: { _, _ in
                answer("other")
            })
        let last = stopped.last()
        #expect(last.status == 503)
        #expect(last.text == "the server is stopping; nothing was done\n")
        held.letGo()
        #expect(await other.answer().text == "other")
        #expect(!wasDone.isSet)
    }

    @Test func `what is given up while it is prepared changes nothing`() async throws {
        let held = HeldQueue()
        let (isPreparing, mayBegin) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let hasBegun = Flag()
        let stopped = waiting(
            LongWork(on: held.queue, .keys) { standing -> Bool? in
                isPreparing.signal()
                mayBegin.wait()
                if standing.begin() { hasBegun.set() }
                return nil
            } answer: { _, _ in
                answer("")
            })
        held.letGo()
        try await blocking { hold(isPreparing) }
        #expect(stopped.last().status == 503)
        mayBegin.signal()
        let other = waiting(
            LongWork(on: held.queue, .keys) { _ in
                true
            } answer: { _, _ in
                answer("other")
            })
        #expect(await other.answer().text == "other")
        #expect(!hasBegun.isSet)
    }

    @Test func `what has begun when the server stops is done, and answered`() async throws {
        let held = HeldQueue()
        let hasBegun = DispatchSemaphore(value: 0)
        let begun = waiting(
            LongWork(on: held.queue, .keys) { standing -> String? in
                guard standing.begin(), standing.begin() else { return nil }
                hasBegun.signal()
                return "done"
            } answer: { outcome, _ in
                answer(outcome)
            })
        held.letGo()
        try await blocking { hold(hasBegun) }
        #expect(begun.last().text == "done")
    }

    @Test func `the queue's thread ends, and another begins with new work`() async {
        let queue = WorkQueue()
        for number in 0..<200 {
            let waiting = waiting(
                LongWork(on: queue, .keys) { _ in
                    number
                } answer: { outcome, _ in
                    answer("\(outcome)")
                })
            #expect(await waiting.answer().text == "\(number)")
        }
    }
}
