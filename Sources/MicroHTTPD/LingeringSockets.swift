import CMicroHTTPD
import Glibc
import Locks
import Sockets
import Threads

/// Sockets that were answered before all of their request was read.
///
/// Closing one at once would make the system send a reset, which can overtake the answer and take it away from a client that goes on
/// sending, and reads only then. So each is kept, and what comes on it thrown away, until the client ends it or a limit is
/// reached (RFC 9112 section 9.6). Bytes are never decrypted.
final class LingeringSockets: Sendable {
    /// Sockets kept at most; one more is closed at once.
    static let limit = 256
    /// From so many on, the one that was kept for the longest makes room for the next.
    private static let crowd = 192
    /// How long each is kept while bytes arrive.
    static let longest = Duration.seconds(30)
    /// How long each is kept where none do.
    private static let longestSilence = Duration.seconds(2)
    /// How much of each is thrown away.
    private static let mostBytes = 1 << 30

    private struct Lingerer {
        let descriptor: Int32
        let start: ContinuousClock.Instant
        var lastInput: ContinuousClock.Instant
        var discardedCount = 0
        var makesRoom = false

        func isOver(at now: ContinuousClock.Instant) -> Bool {
            makesRoom || discardedCount > mostBytes || now - start >= longest || now - lastInput >= longestSilence
        }
    }
    /// In the order in which they came.
    private let sockets = AnnotatedMutex<[Lingerer]>([])
    private let wakeUp: WakeUp

    /// - Parameter wakeUp: ends the wait of whoever watches the sockets.
    init(wakeUp: WakeUp) { self.wakeUp = wakeUp }

    deinit { sockets.withLock { for socket in $0 { close(socket.descriptor) } } }

    /// Keeps the connection of `descriptor` open, which the caller is about to close.
    func takeOver(_ descriptor: Int32) {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        if copy >= 0 { adopt(copy) } else { ConnectedSocket.discardInput(of: descriptor) }
    }

    /// Keeps the connection, and closes the descriptor when it is over.
    func adopt(_ descriptor: Int32) {
        shutdown(descriptor, Int32(SHUT_WR))
        let now = ContinuousClock.now
        let isKept = sockets.withLock { sockets in
            guard sockets.count < Self.limit else { return false }
            if sockets.count >= Self.crowd { sockets[sockets.count - Self.crowd].makesRoom = true }
            sockets.append(Lingerer(descriptor: descriptor, start: now, lastInput: now))
            return true
        }
        if isKept {
            wakeUp.signal()
        } else {
            ConnectedSocket.discardInput(of: descriptor)
            close(descriptor)
        }
    }

    /// Whether none is left.
    var isEmpty: Bool { sockets.withLock { $0.isEmpty } }

    /// The descriptors to wait for.
    var descriptors: [Int32] { sockets.withLock { $0.map(\.descriptor) } }

    /// Throws away what has arrived; closes what has ended or is overdue.
    func discardInput() {
        let now = ContinuousClock.now
        // Read with the lock free, which event loops need when connections end. Only this method closes sockets, and is
        // called by one thread.
        let inputs = descriptors.map { ConnectedSocket.discardInput(of: $0) }
        if inputs.isEmpty { return }
        let over = sockets.withLock { sockets in
            // Others have come behind those at most.
            for (index, input) in inputs.enumerated() where input.count > 0 {
                sockets[index].discardedCount += input.count
                sockets[index].lastInput = now
            }
            let isOver = inputs.indices.map { inputs[$0].hasEnded || sockets[$0].isOver(at: now) }
            let over = isOver.indices.filter { isOver[$0] }.map { sockets[$0].descriptor }
            if over.isEmpty { return over }
            sockets = sockets.indices.filter { $0 >= isOver.count || !isOver[$0] }.map { sockets[$0] }
            return over
        }
        for descriptor in over { close(descriptor) }
    }
}
