public import Glibc

/// A listening TCP socket. Closed with the last reference; non-blocking.
public final class Listener: Sendable {
    /// The socket, for `poll(2)`.
    public let descriptor: Int32
    /// Where it listens, with the port that the system picked if it was asked to.
    public let address: SocketAddress

    /// How many may wait to be accepted, where the system allows it.
    public static let backlog: Int32 = 4096

    /// Binds and listens. Fails where another process listens there already.
    public init(host: String, port: UInt16) throws(SocketFailure) {
        let wanted = try SocketAddress(host: host, port: port, toListen: true)
        let place = "listen on \(wanted.urlHost):\(port)"
        let descriptor = socket(
            wanted.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw SocketFailure(place) }
        do throws(SocketFailure) {
            // A restart need not wait for connections of the last run; it still fails while another process listens.
            var on: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
            guard wanted.withSockaddr({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, Self.backlog) == 0 else {
                throw SocketFailure(place)
            }
            address = try SocketAddress(boundBy: descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Has whoever begins to connect from now on be passed over: his system tries again a second later, and is refused if nobody
    /// listens then. Those who have begun can still be accepted. Without this, a listener that is closed resets connections that
    /// their clients already use.
    ///
    /// - Returns: whether the system can do that.
    public func ignoreNewcomers() -> Bool { attachFilter(.droppingNewConnections, to: descriptor) }

    /// Stops listening: who connects from now on, or waits to be accepted, is refused. `shutdown(2)`.
    public func stopListening() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// What came of an attempt to accept.
    public enum Acceptance {
        /// A connected, non-blocking socket, now the caller's, and its peer.
        case accepted(descriptor: Int32, peer: sockaddr_storage, peerLength: socklen_t)
        /// Nobody is waiting.
        case nobody
        /// The system refuses, for want of a descriptor or memory in most cases. Better tried again a little later.
        case exhausted
    }

    /// Accepts one connection if one is waiting. Never blocks. `accept(2)`.
    public func accept() -> Acceptance {
        while true {
            var peer = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let descriptor = withUnsafeMutablePointer(to: &peer) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.accept(self.descriptor, $0, &length)
                }
            }
            if descriptor >= 0 {
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
                return .accepted(descriptor: descriptor, peer: peer, peerLength: length)
            }
            switch errno {
            case EAGAIN, EINVAL, EBADF: return .nobody
            case EINTR, ECONNABORTED, EPROTO: continue  // A signal came, or the one who waited has gone.
            default: return .exhausted
            }
        }
    }
}
