import CMicroHTTPD
import Glibc
import Sockets

/// Ends the wait of one event loop, which has it in its epoll set. `eventfd(2)`.
final class LoopSignal: Sendable {
    /// What goes into the set.
    let descriptor: Int32

    init() throws(SocketFailure) {
        descriptor = latchkey_make_eventfd()
        guard descriptor >= 0 else { throw SocketFailure("create an eventfd") }
    }

    deinit { close(descriptor) }

    /// Has the loop take a turn, now or after this one. Any thread.
    func send() { latchkey_write_eventfd(descriptor) }
}
