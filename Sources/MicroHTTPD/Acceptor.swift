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
    private let isClosing = Atomic<Bool>(false)
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
        var connectionSweeps = ConnectionSweeps(loops, deadlines)
        var spare = SpareDescriptor()
        while !isStopping.load(ordering: .relaxed) {
            // So many a turn, so that a flood of clients keeps nothing else from its turn.
            let isExhausted = acceptWaiting(atMost: isClosed ? 0 : 256, &spare)
            if isClosing.load(ordering: .relaxed), !isClosed { close(&spare) }
            wait(forListener: !isExhausted && !isClosed, until: connectionSweeps.next)
            wakeUp.clear()
            lingering.discardInput()
            if ContinuousClock.now >= connectionSweeps.next, connectionSweeps.goOn() {
                sweeps.add(1, ordering: .releasing)
            }
        }
        if !isClosed { close(&spare) }
    }

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
                    _ = ConnectedSocket.discardInput(of: descriptor)
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
    private func wait(forListener: Bool, until nextSweep: ContinuousClock.Instant) {
        var events = [pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0)]
        if forListener { events.append(pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)) }
        let lingerers = lingering.descriptors
        events += lingerers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        poll(&events, nfds_t(events.count), timeout(forListener, lingerers, nextSweep))
    }
}

extension Acceptor {
    /// Milliseconds; -1 where there is nothing to come back to.
    private func timeout(_ forListener: Bool, _ lingerers: [Int32], _ nextSweep: ContinuousClock.Instant) -> Int32 {
        if !forListener && !isClosed { return 100 }
        guard !lingerers.isEmpty || loops.contains(where: { $0.connectionCount > 0 }) else { return -1 }
        return Int32(max(0, ((nextSweep - .now) / Duration.milliseconds(1)).rounded(.up)))
    }
}
