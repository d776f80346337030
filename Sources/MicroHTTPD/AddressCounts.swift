import Locks
import Sockets

/// How many connections each address has, where that is limited.
final class AddressCounts: Sendable {
    /// Connections that one address may have.
    let limit: Int
    private let counts = AnnotatedMutex<[PeerAddress: Int]>([:])

    init(limit: Int) { self.limit = limit }

    /// Counts one more, unless there are as many as may be. Any thread.
    func enter(_ address: PeerAddress) -> Bool {
        counts.withLock { counts in
            let count = counts[address] ?? 0
            guard count < limit else { return false }
            counts[address] = count + 1
            return true
        }
    }

    /// Counts one less, that has entered. Any thread.
    func leave(_ address: PeerAddress) {
        counts.withLock { counts in
            guard let count = counts[address] else { preconditionFailure("an address leaves that has not entered") }
            counts[address] = count > 1 ? count - 1 : nil
        }
    }

    /// Addresses that have connections.
    var addressCount: Int { counts.withLock { $0.count } }
}
