import Glibc
import HTTPMessages
import Sockets
import Synchronization
import Threads

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
    private let addresses: AddressCounts?
    private let deadlines: HTTPServer.Deadlines
    private let rejections: Rejections
    private let wakeUp: WakeUp
    /// Whether clients understand what is sent to them without a handshake.
    private let speaksPlainly: Bool
    private let isDraining = Atomic<Bool>(false)
    private let hasClosed = Atomic<Bool>(false)
    private let isStopping = Atomic<Bool>(false)
    private let sweeps = Atomic<Int>(0)
    private let thread = JoinableThread()

    init(
        listener: Listener, loops: [EventLoop], connectionLimit: Int, addresses: AddressCounts?,
        deadlines: HTTPServer.Deadlines, rejections: Rejections, lingering: LingeringSockets, wakeUp: WakeUp,
        speaksPlainly: Bool = true
    ) {
        self.listener = listener
        self.loops = loops
        self.connectionLimit = connectionLimit
        self.addresses = addresses
        self.deadlines = deadlines
        self.rejections = rejections
        self.lingering = lingering
        self.wakeUp = wakeUp
        self.speaksPlainly = speaksPlainly
    }

    /// Sweeps over all connections so far.
    var sweepCount: Int { sweeps.load(ordering: .acquiring) }

    /// Starts the thread; it keeps the acceptor alive until it ends.
    func start() throws(SocketFailure) {
        try thread.start("accepting") { self.run() }
    }

    /// Blocks until the thread has ended, which it does after `stop()`.
    func join() { thread.join() }

    /// Accepts whoever has begun to connect, then nobody any more, and ends connections that have been silent for
    /// `Deadlines.drainSilence`. Looks after the others as before. Returns at once; see `isClosed`.
    func beginDrain() {
        isDraining.store(true, ordering: .relaxed)
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
        var connectionSweeps = ConnectionSweeps(loops, deadlines)
        var spare = SpareDescriptor()
        /// When nobody is accepted any more.
        var closing: ContinuousClock.Instant?
        while !isStopping.load(ordering: .relaxed) {
            if closing == nil, isDraining.load(ordering: .relaxed) {
                closing = listener.ignoreNewcomers() ? .now + Self.handshakeTime : .now
                connectionSweeps.beginDrain()
            }
            // So many a turn, so that a flood of clients keeps nothing else from its turn.
            let isExhausted = acceptWaiting(atMost: isClosed ? 0 : 256, &spare)
            if let closing, !isClosed, closing <= .now { close(&spare) }
            wait(
                forListener: !isExhausted && !isClosed, until: connectionSweeps.next,
                orClosing: isClosed ? nil : closing)
            wakeUp.clear()
            lingering.discardInput()
            if ContinuousClock.now >= connectionSweeps.next, connectionSweeps.goOn() {
                sweeps.add(1, ordering: .releasing)
            }
        }
        if !isClosed { close(&spare) }
    }

    /// How long a client may take from the first segment that it sends to the one with which it is connected: a round trip to the
    /// other side of the world.
    private static let handshakeTime = Duration.milliseconds(250)

    /// Those who wait already are as many as the system lets wait; a flood would go on for ever.
    private func close(_ spare: inout SpareDescriptor) {
        _ = acceptWaiting(atMost: Int(Listener.backlog), &spare)
        listener.stopListening()
        hasClosed.store(true, ordering: .releasing)
    }

    /// - Returns: whether the system had no descriptor or memory for one who waits, not even to say so.
    private func acceptWaiting(atMost limit: Int, _ spare: inout SpareDescriptor) -> Bool {
        for _ in 0..<limit {
            switch listener.accept() {
            case .nobody: return false
            case .exhausted:
                // The system says so before it looks whether somebody waits.
                let acceptance = spare.lend { listener.accept() }
                if case .accepted(let descriptor, _, _)? = acceptance {
                    refuse(descriptor, .descriptors, "the process has no file descriptor left")
                    // It cannot linger. What the client has sent already is read, since the answer may be lost otherwise.
                    ConnectedSocket.discardInput(of: descriptor)
                    Glibc.close(descriptor)
                }
                spare.takeBack()
                switch acceptance {
                case .accepted: continue
                case .nobody: return false
                case .exhausted, nil: return true
                }
            case .accepted(let descriptor, let peer, let peerLength):
                admit(EventLoop.Newcomer(descriptor: descriptor, peer: peer, peerLength: peerLength))
            }
        }
        return false
    }

    private func admit(_ newcomer: EventLoop.Newcomer) {
        var total = 0
        var fewest = Int.max
        var chosen = loops[0]
        for loop in loops {
            let count = loop.connectionCount
            total += count
            if count < fewest { (fewest, chosen) = (count, loop) }
        }
        guard total < connectionLimit else {
            return turnAway(
                newcomer.descriptor, .connections, "the limit of \(connectionLimit) connections is reached")
        }
        var newcomer = newcomer
        if let addresses, let address = PeerAddress(newcomer.peer) {
            guard addresses.enter(address) else {
                return turnAway(
                    newcomer.descriptor, .addressConnections,
                    "the limit of \(addresses.limit) connections from one address is reached")
            }
            newcomer.address = address
        }
        var on: Int32 = 1
        setsockopt(newcomer.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        chosen.add(newcomer)
    }

    private func turnAway(_ descriptor: Int32, _ reason: Rejections.Reason, _ explanation: String) {
        refuse(descriptor, reason, explanation)
        lingering.adopt(descriptor)
    }

    private func refuse(_ descriptor: Int32, _ reason: Rejections.Reason, _ explanation: String) {
        rejections.count(reason)
        guard speaksPlainly else { return }
        // The socket's buffer is empty: a short answer always fits.
        ConnectedSocket.sendAtOnce(
            lastAnswer(.serviceUnavailable, "\(explanation)\n", fields: "Retry-After: 1\r\n"), on: descriptor)
    }

    /// Waits until somebody connects, a lingering socket has input or ends, or `wakeUp` is signalled.
    ///
    /// - Parameters:
    ///   - forListener: false while accepting is pointless; then the wait ends after a tenth of a second.
    ///   - nextSweep: when it ends where there are connections.
    ///   - closing: when it ends in any case.
    private func wait(
        forListener: Bool, until nextSweep: ContinuousClock.Instant, orClosing closing: ContinuousClock.Instant?
    ) {
        var events = [pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0)]
        if forListener { events.append(pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)) }
        let lingerers = lingering.descriptors
        events += lingerers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var end = nextWork(forListener, lingerers, nextSweep)
        if let closing { end = min(end ?? closing, closing) }
        poll(&events, nfds_t(events.count), end.map(Self.milliseconds(until:)) ?? -1)
    }
}

extension Acceptor {
    /// When to come back though nothing happens; nil where there is nothing to come back to.
    private func nextWork(
        _ forListener: Bool, _ lingerers: [Int32], _ nextSweep: ContinuousClock.Instant
    ) -> ContinuousClock.Instant? {
        if !forListener && !isClosed { return .now + .milliseconds(100) }
        return lingerers.isEmpty && !loops.contains { $0.connectionCount > 0 } ? nil : nextSweep
    }

    private static func milliseconds(until end: ContinuousClock.Instant) -> Int32 {
        Int32(max(0, ((end - .now) / Duration.milliseconds(1)).rounded(.up)))
    }
}
