import CTransportSecurity

/// The server's end of a TLS connection that libmicrohttpd serves.
///
/// `@unchecked Sendable`: used by the thread that serves the connection, until that is closed; any thread may let go of it then.
public final class ServerSession: @unchecked Sendable {
    private let certifiedKey: CertifiedKey
    private let pointer: OpaquePointer

    /// Prepares a handshake on `descriptor`, which stays the caller's.
    ///
    /// - Parameters:
    ///   - session: a `gnutls_session_t` that has not begun its handshake, and ends before this object.
    ///   - shaking: is increased by one until the handshake is over. Used by the thread that serves the connection.
    public init(
        _ session: UnsafeMutableRawPointer, on descriptor: Int32, showing certifiedKey: CertifiedKey,
        counting shaking: UnsafeMutablePointer<Int>
    ) {
        self.certifiedKey = certifiedKey
        pointer = latchkey_begin_server_session(session, descriptor, certifiedKey.pointer, shaking)
    }

    deinit { latchkey_free_server_session(pointer) }

    /// Called once, by the thread that served the connection, when that is closed.
    ///
    /// - Returns: whether the handshake has failed, and the client was told why (RFC 8446 section 6.2).
    public func close() -> Bool { latchkey_close_server_session(pointer) }
}
