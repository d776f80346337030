import Glibc
import Locks
import Sockets
import Synchronization
import Threads

/// A thread that runs event loops: one, in which it sleeps, or several in turn.
final class Worker: Sendable {
    /// Ends the sleep of a worker that has no loops.
    let wakeUp: WakeUp
    let thread = JoinableThread()
    private let scheduling = AnnotatedMutex<ThreadScheduling?>(nil)
    /// Odd while the worker takes a turn of one of several loops; counts them.
    private let turns = Atomic<UInt64>(0)

    init() throws(SocketFailure) { wakeUp = try WakeUp() }

    /// Called first on the worker's own thread.
    func begin() {
        scheduling.withLock { $0 = ThreadScheduling.ofThisThread() }
    }

    /// Nanoseconds that the thread ran, and waited for a core; nil where the system does not say, or the thread has not begun.
    func schedulingTimes() -> (ran: UInt64, waited: UInt64)? { scheduling.withLock { $0?.read() ?? nil } }

    /// The turn of one of several loops that the worker is in; nil while it is in none. Any thread.
    var turn: UInt64? {
        let turn = turns.load(ordering: .relaxed)
        return turn & 1 == 1 ? turn : nil
    }

    /// Runs one loop while `goesOn()`, and holds it for as long, also while it waits.
    func run(_ loop: EventLoop, while goesOn: () -> Bool) {
        while goesOn() {
            let held: Void? = loop.ownership.withLockIfAvailable { _ in
                while goesOn() { loop.waitAndServe() }
            }
            if held == nil { Self.waitForOthers() }
        }
    }

    /// Runs several loops while `goesOn()`. Each is held for its turn only, so that it can change hands while another's lasts.
    func run(_ loops: [EventLoop], while goesOn: () -> Bool) {
        var events = loops.map { pollfd(fd: $0.epollSet, events: Int16(POLLIN), revents: 0) }
        // Whose work the epoll sets do not tell of. Nothing is known of loops that another worker has run before.
        var pending = loops.map { _ in true }
        while goesOn() {
            poll(&events, nfds_t(events.count), pending.contains(true) ? 0 : -1)
            var areOthersHeld = false
            for (index, loop) in loops.enumerated() where events[index].revents != 0 || pending[index] {
                turns.add(1, ordering: .relaxed)
                let isPending = loop.ownership.withLockIfAvailable { _ in loop.serve() }
                turns.add(1, ordering: .relaxed)
                pending[index] = isPending ?? true
                if isPending == nil { areOthersHeld = true }
            }
            if areOthersHeld { Self.waitForOthers() }
        }
    }

    /// A loop is still held by the worker that had it, or held already by the one that gets it. Not waited for at its lock: the
    /// holder may sleep for long, and whose the loop is may change once more meanwhile.
    private static func waitForOthers() { poll(nil, 0, 1) }
}
