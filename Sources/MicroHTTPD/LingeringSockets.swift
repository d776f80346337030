import Glibc
import Locks
import Sockets
import Threads

/// Sockets that were answered before all of their request was read.
///
/// Closing one at once would make the system send a reset, which can overtake the answer and take it away from the
/// client. So each is kept, read and thrown away, until the client closes it or its time is over (RFC 9112 section 9.6).
final class LingeringSockets: Sendable {
    /// Sockets kept at most; one more is closed at once.
    static let limit = 256
    /// How long each is kept.
    private static let patience = Duration.seconds(2)

    private struct Lingerer {
        let descriptor: Int32
        let deadline: ContinuousClock.Instant
    }
    private let sockets = AnnotatedMutex<[Lingerer]>([])
    private let wakeUp: WakeUp

    /// - Parameter wakeUp: ends the wait of whoever watches the sockets.
    init(wakeUp: WakeUp) { self.wakeUp = wakeUp }

    deinit { sockets.withLock { for socket in $0 { close(socket.descriptor) } } }

    /// Keeps the connection of `descriptor` open, which the caller is about to close.
    func takeOver(_ descriptor: Int32) {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        if copy >= 0 { adopt(copy) }
    }

    /// Keeps the connection, and closes the descriptor when it is over.
    func adopt(_ descriptor: Int32) {
        shutdown(descriptor, Int32(SHUT_WR))
        let deadline = ContinuousClock.now + Self.patience
        let isKept = sockets.withLock { sockets in
            guard sockets.count < Self.limit else { return false }
            sockets.append(Lingerer(descriptor: descriptor, deadline: deadline))
            return true
        }
        if isKept { wakeUp.signal() } else { close(descriptor) }
    }

    /// Whether none is left.
    var isEmpty: Bool { sockets.withLock { $0.isEmpty } }

    /// The descriptors to wait for.
    var descriptors: [Int32] { sockets.withLock { $0.map(\.descriptor) } }

    /// Reads and throws away what has arrived; closes what has ended or is overdue.
    func discardInput() {
        let now = ContinuousClock.now
        // Read with the lock free, which event loops need when connections end. Only this method closes sockets, and is
        // called by one thread.
        let over = sockets.withLock { $0 }.filter { socket in
            now >= socket.deadline || ConnectedSocket.discardInput(of: socket.descriptor)
        }
        if over.isEmpty { return }
        let descriptors = Set(over.map(\.descriptor))
        sockets.withLock { $0.removeAll { descriptors.contains($0.descriptor) } }
        for descriptor in descriptors { close(descriptor) }
    }
}
