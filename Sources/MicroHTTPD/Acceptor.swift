import Glibc
import Sockets
import Synchronization

/// The thread that accepts connections and spreads them over the event loops, each to the one with the fewest. It also
/// ends the connections that their clients have left or leave idle.
///
/// Our own instead of the library's, because it can refuse with an answer where the library falls silent, does not spin
/// when descriptors run out, and divides evenly.
final class Acceptor: Sendable {
    private let listener: Listener
    private let loops: [EventLoop]
    private let lingering: LingeringSockets
    let connectionLimit: Int
    private let idleTimeout: Duration
    private let wakeUp: WakeUp
    /// Whether clients understand what is sent to them without a handshake.
    private let speaksPlainly: Bool
    private let isClosing = Atomic<Bool>(false)
    private let hasClosed = Atomic<Bool>(false)
    private let isStopping = Atomic<Bool>(false)
    private let rejected = Atomic<UInt64>(0)
    private let sweeps = Atomic<Int>(0)
    private let thread = JoinableThread()

    private static let sweepInterval = Duration.seconds(1)

    init(
        listener: Listener, loops: [EventLoop], connectionLimit: Int, idleTimeout: Duration,
        lingering: LingeringSockets, wakeUp: WakeUp, speaksPlainly: Bool = true
    ) {
        self.listener = listener
        self.loops = loops
        self.connectionLimit = connectionLimit
        self.idleTimeout = idleTimeout
        self.lingering = lingering
        self.wakeUp = wakeUp
        self.speaksPlainly = speaksPlainly
    }

    /// Connections that were answered 503 because there were too many.
    var rejectedCount: UInt64 { rejected.load(ordering: .relaxed) }

    /// Sweeps over all connections so far.
    var sweepCount: Int { sweeps.load(ordering: .acquiring) }

    /// Starts the thread; it keeps the acceptor alive until it ends.
    func start() throws(SocketFailure) {
        try thread.start("accepting") { self.run() }
    }

    /// Blocks until the thread has ended, which it does after `stop()`.
    func join() { thread.join() }

    /// Accepts whoever waits already, then nobody any more; looks after the connections as before. Returns at once; see
    /// `isClosed`.
    func closeListener() {
        isClosing.store(true, ordering: .relaxed)
        wakeUp.signal()
    }

    /// Whether the last connection was accepted.
    var isClosed: Bool { hasClosed.load(ordering: .acquiring) }

    /// Has the thread end. Returns at once; see `join()`.
    func stop() {
        isStopping.store(true, ordering: .relaxed)
        wakeUp.signal()
    }

    private func run() {
        var nextSweep = ContinuousClock.now + Self.sweepInterval
        while !isStopping.load(ordering: .relaxed) {
            // So many a turn, so that a flood of clients keeps nothing else from its turn.
            let isExhausted = acceptWaiting(atMost: isClosed ? 0 : 256)
            if isClosing.load(ordering: .relaxed), !isClosed { close() }
            wait(forListener: !isExhausted && !isClosed)
            wakeUp.clear()
            lingering.discardInput()
            guard ContinuousClock.now >= nextSweep else { continue }
            for loop in loops { loop.sweepConnections(idleTimeout: idleTimeout) }
            sweeps.add(1, ordering: .releasing)
            nextSweep = ContinuousClock.now + Self.sweepInterval
        }
        if !isClosed { close() }
    }

    /// Those who wait already are as many as the system lets wait; a flood would go on for ever.
    private func close() {
        _ = acceptWaiting(atMost: Int(Listener.backlog))
        listener.stopListening()
        hasClosed.store(true, ordering: .releasing)
    }

    /// - Returns: whether the system had no descriptor or memory for one who waits.
    private func acceptWaiting(atMost limit: Int) -> Bool {
        for _ in 0..<limit {
            switch listener.accept() {
            case .nobody: return false
            case .exhausted: return true
            case .accepted(let descriptor, let peer, let peerLength):
                admit(descriptor, peer, peerLength)
            }
        }
        return false
    }

    private func admit(_ descriptor: Int32, _ peer: sockaddr_storage, _ peerLength: socklen_t) {
        var total = 0
        var fewest = Int.max
        var chosen = loops[0]
        for loop in loops {
            let count = loop.connectionCount
            total += count
            if count < fewest { (fewest, chosen) = (count, loop) }
        }
        if total < connectionLimit {
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
            chosen.add(descriptor: descriptor, peer: peer, peerLength: peerLength)
        } else {
            reject(descriptor)
        }
    }

    private func reject(_ descriptor: Int32) {
        rejected.add(1, ordering: .relaxed)
        guard speaksPlainly else {
            Glibc.close(descriptor)
            return
        }
        let body = "the limit of \(connectionLimit) connections is reached\n"
        let answer =
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 1\r\n"
            + "Cache-Control: no-cache\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        // The socket's buffer is empty: a short answer always fits.
        ConnectedSocket.sendAtOnce(answer, on: descriptor)
        lingering.takeOver(descriptor)
        Glibc.close(descriptor)
    }

    /// Waits until somebody connects, a lingering socket has input or ends, or `wakeUp` is signalled.
    ///
    /// - Parameter forListener: false while accepting is pointless; then the wait ends after a tenth of a second.
    private func wait(forListener: Bool) {
        var events = [pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0)]
        if forListener { events.append(pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)) }
        let lingerers = lingering.descriptors
        events += lingerers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        poll(&events, nfds_t(events.count), timeout(forListener, lingerers))
    }
}

extension Acceptor {
    /// Milliseconds; -1 where there is nothing to come back to.
    private func timeout(_ forListener: Bool, _ lingerers: [Int32]) -> Int32 {
        if !forListener && !isClosed { return 100 }
        if !lingerers.isEmpty { return 500 }
        return loops.contains { $0.connectionCount > 0 } ? 1000 : -1
    }
}
