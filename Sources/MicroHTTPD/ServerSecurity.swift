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
