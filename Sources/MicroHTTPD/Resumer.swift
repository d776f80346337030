import CMicroHTTPD
import Glibc
import Sockets
import Synchronization
import Threads

/// The thread that resumes suspended connections, those of all event loops: when they are woken, and when their
/// deadlines are over.
///
/// Not done by those who wake them: the loop then walks all of its suspended connections. So whoever is woken in one go is resumed in one go.
final class Resumer: Sendable {
    /// The requests that wait, for each event loop.
    let waiting: [WaitingRequests]
    private let resumingWakesLoop: Bool
    private let wakeUp: WakeUp
    private let isStopping = Atomic<Bool>(false)
    private let thread = JoinableThread()

    /// For so many event loops. The thread is not started yet.
    init(loopCount: Int, resumingWakesLoop: Bool = Engine.current.resumingWakesLoop) throws(SocketFailure) {
        self.resumingWakesLoop = resumingWakesLoop
        let wakeUp = try WakeUp()
        self.wakeUp = wakeUp
        var waiting: [WaitingRequests] = []
        for _ in 0..<loopCount { waiting.append(try WaitingRequests(wakeUp: wakeUp)) }
        self.waiting = waiting
    }

    /// Starts the thread; it keeps the resumer alive until it ends.
    func start() throws(SocketFailure) {
        try thread.start("resuming") { self.run() }
    }

    /// Lets no request wait any more, resumes all that do, and blocks until the thread has ended. After this, no
    /// connection of the loops is suspended, nor ever will be. The loops must still run.
    func stop() {
        for requests in waiting { requests.close() }
        isStopping.store(true, ordering: .releasing)
        wakeUp.signal()
        thread.join()
    }

    private func run() {
        while true {
            // Read before: whatever was woken before the stop is resumed after it.
            let isLast = isStopping.load(ordering: .acquiring)
            let next = resumeDue()
            if isLast { return }
            wakeUp.wait(until: next)
        }
    }

    /// - Returns: when to come again though nobody was woken.
    private func resumeDue() -> ContinuousClock.Instant? {
        let now = ContinuousClock.now
        var earliest: ContinuousClock.Instant?
        for requests in waiting {
            let (due, next) = requests.takeDue(at: now)
            for request in due { MHD_resume_connection(request.connection) }
            if !due.isEmpty && !resumingWakesLoop { requests.loopSignal.send() }
            if let next { earliest = min(next, earliest ?? next) }
        }
        return earliest
    }
}
