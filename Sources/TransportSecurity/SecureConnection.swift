import CTransportSecurity
import Glibc
public import Sockets

/// The client's end of a TLS connection. Blocks. Not `Sendable`: one thread at a time uses a session.
public final class SecureConnection {
    private let connection: ClientConnection
    private let session: OpaquePointer

    /// Whom a client takes for the server it wants.
    public enum Trust: Sendable {
        /// Whoever shows a certificate for this name or address from an authority in these PEM texts, or where there are none
        /// from one that the system trusts.
        case host(String, authorities: [UInt8]?)
        /// Whoever answers. For a server that is known to be this machine's.
        case anyone
    }

    /// Shakes hands on `connection`, on which nothing was sent. Fails where the server is not the one that is wanted.
    public init(_ connection: ClientConnection, trusting trust: Trust) throws(SocketFailure) {
        self.connection = connection
        var reason = [CChar](repeating: 0, count: 300)
        let begun =
            switch trust {
            case .anyone: latchkey_begin_client_session(connection.descriptor, nil, nil, 0, &reason, reason.count)
            case .host(let host, nil):
                latchkey_begin_client_session(connection.descriptor, host, nil, 0, &reason, reason.count)
            case .host(let host, let authorities?):
                latchkey_begin_client_session(
                    connection.descriptor, host, authorities, authorities.count, &reason, reason.count)
            }
        guard let begun else { throw SocketFailure("agree on TLS", code: EPROTO, reason: text(reason)) }
        session = begun
    }

    deinit { latchkey_end_client_session(session) }

    /// Sends all of `bytes`.
    public func send(_ bytes: [UInt8]) throws(SocketFailure) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                latchkey_send_secure(session, $0.baseAddress! + sent, bytes.count - sent)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw SocketFailure("send")
            }
            sent += count
        }
    }

    /// Receives at most `limit` bytes; none at the end of the stream.
    public func receive(atMost limit: Int = 65_536) throws(SocketFailure) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            var received = -1
            repeat {
                received = latchkey_receive_secure(session, buffer.baseAddress, limit)
            } while received < 0 && errno == EINTR
            failed = received < 0
            count = max(0, received)
        }
        if failed { throw SocketFailure("receive") }
        return bytes
    }

    /// Whether `receive` would not wait: content has arrived, or the stream has ended or failed. Records without content, as the
    /// session tickets that a server may send at any time (RFC 8446 section 4.6), are taken in and do not count. Does not wait.
    public var hasInput: Bool { latchkey_has_content(session) }
}
