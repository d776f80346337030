import CTransportSecurity
import Locks
public import TransportSecurity

/// What a server shows to its clients, which can be exchanged while it serves.
public final class ServerSecurity: Sendable {
    private let current: AnnotatedMutex<CertifiedKey>

    /// Shows these.
    public init(_ certifiedKey: CertifiedKey) { current = AnnotatedMutex(certifiedKey) }

    /// Shows others to those who connect from now on.
    public func replace(_ certifiedKey: CertifiedKey) { current.withLock { $0 = certifiedKey } }

    /// What who connects now is shown.
    var certifiedKey: CertifiedKey { current.withLock { $0 } }

}

/// Tells when all that an event loop has to do is to wait for clients to go on with their handshakes.
///
/// The library keeps a connection that is in mid-handshake among those that it can serve at once, also where nothing of it has
/// arrived (`MHD_run_tls_handshake_` of 0.9.75 forgets what `recv_tls_adapter` does), so that the loop would never sleep. So turns are
/// counted in which no byte has come or gone. What has been received and decrypted may take a few turns to be looked at; it
/// does not take as many as these. Whatever is new then wakes the loop: an event, or its signal.
struct StalledHandshakes {
    private static let limit = 64
    private var idleTurns = 0

    /// A turn is over.
    mutating func noteTurn(madeProgress: Bool) { idleTurns = madeProgress ? 0 : min(idleTurns + 1, Self.limit) }

    /// Whether there is nothing else to do.
    var areAllThereIs: Bool { idleTurns == Self.limit }
}
