import Glibc
import Locks
import Sockets

// Ending connections that nothing will come of. On the accepting thread, so that requests do not pay for it: the library's
// own time-out takes a lock and reads the clock three times a request.
extension EventLoop {
    /// Ends the connections that can have no further request, and those that have made no progress for `idleTimeout`, which
    /// comes late by up to two of the times between calls. Then has the waiting requests ended whose clients have left.
    ///
    /// A connection can have no further request where its client has ended it and nothing has come of what it sent since the
    /// last call. The library misses the end of a stream that has arrived together with the last bytes before it, since its
    /// epoll set is edge-triggered and it stops reading when it gets less than it has room for.
    func sweepConnections(idleTimeout: Duration) {
        let now = ContinuousClock.now
        let all = connections.withLock { Array($0.values) }
        // A few at a time, because the loop waits for the lock where connections begin and end.
        for start in stride(from: 0, to: all.count, by: 64) {
            connections.withLock { registered in
                for connection in all[start..<min(start + 64, all.count)]
                where registered[connection.descriptor] === connection
                    && connection.sweep.mustEnd(connection, at: now, idleTimeout: idleTimeout)
                {
                    // A request that has just come to an idle connection is still answered.
                    shutdown(connection.descriptor, Int32(connection.activity == .idle ? SHUT_RD : SHUT_RDWR))
                }
            }
        }
        waiting.wakeAbandoned()
    }
}

/// What the sweeps have seen of a connection. Belongs to the accepting thread.
struct SweepRecord {
    private var step: UInt64?
    private var lastProgress: ContinuousClock.Instant?
    /// Bytes sent and received, once a request has lasted from one sweep to the next.
    private var transferred: UInt64?
    /// The step at which the connection was last found ended by its client.
    private var abandonedAtStep: UInt64?

    /// Whether the connection is to be ended at `now`, and so for good.
    mutating func mustEnd(
        _ connection: Connection, at now: ContinuousClock.Instant, idleTimeout: Duration
    ) -> Bool {
        let (step, activity) = (connection.step, connection.activity)
        // A request that waits has a time-out of its own.
        if activity == .waiting || step != self.step {
            (self.step, lastProgress, transferred) = (step, now, nil)
        } else if activity != .idle {
            // A long upload or download goes on without a step.
            let transferred = ConnectedSocket.transferredCount(connection.descriptor)
            if transferred == nil || transferred != self.transferred {
                (self.transferred, lastProgress) = (transferred, now)
            }
        }
        if let lastProgress, now - lastProgress >= idleTimeout { return true }
        guard activity == .idle || activity == .receiving, ConnectedSocket.isAtEndOfStream(connection.descriptor) else {
            abandonedAtStep = nil
            return false
        }
        // Only at the second look: the loop may have all of a request in hand, and be about to answer.
        defer { abandonedAtStep = step }
        return abandonedAtStep == step
    }
}
