import Glibc
import Synchronization

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
    private let sockets = Mutex<[Lingerer]>([])
    private let wakeUp: WakeUp

    /// - Parameter wakeUp: ends the wait of whoever watches the sockets.
    init(wakeUp: WakeUp) { self.wakeUp = wakeUp }

    deinit { sockets.withLock { for socket in $0 { close(socket.descriptor) } } }

    /// Keeps the connection of `descriptor` open, which the caller is about to close.
    func takeOver(_ descriptor: Int32) {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return }
        shutdown(copy, Int32(SHUT_WR))
        let deadline = ContinuousClock.now + Self.patience
        let isKept = sockets.withLock { sockets in
            guard sockets.count < Self.limit else { return false }
            sockets.append(Lingerer(descriptor: copy, deadline: deadline))
            return true
        }
        if isKept { wakeUp.signal() } else { close(copy) }
    }

    /// The descriptors to wait for.
    var descriptors: [Int32] { sockets.withLock { $0.map(\.descriptor) } }

    /// Whether there is anything to wait for.
    var isEmpty: Bool { sockets.withLock { $0.isEmpty } }

    /// Reads and throws away what has arrived; closes what has ended or is overdue.
    func discardInput() {
        let now = ContinuousClock.now
        sockets.withLock { sockets in
            sockets.removeAll { socket in
                let isOver = now >= socket.deadline || Self.hasEnded(socket.descriptor)
                if isOver { close(socket.descriptor) }
                return isOver
            }
        }
    }

    private static func hasEnded(_ descriptor: Int32) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            // A bounded number of reads, so that a fast sender cannot keep the thread to itself.
            for _ in 0..<16 {
                let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
                if count == 0 { return true }
                if count < 0 { return errno != EAGAIN && errno != EINTR }
            }
            return false
        }
    }
}
