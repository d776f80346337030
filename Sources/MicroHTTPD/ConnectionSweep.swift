import Glibc
import HTTPMessages
import Locks
import Sockets

// Ending connections that nothing will come of, or that take too long. On the accepting thread, so that requests do not pay for
// it: the library's own time-out takes a lock and reads the clock three times a request, and knows of inactivity only.
extension EventLoop {
    /// Ends the connections that can have no further request, and has those ended that have missed one of `deadlines`. Then has
    /// the waiting requests ended whose clients have left.
    func sweepConnections(_ deadlines: HTTPServer.Deadlines) {
        let now = ContinuousClock.now
        let all = connections.withLock { Array($0.values) }
        var late: [LateConnection] = []
        // A few at a time, because the loop waits for the lock where connections begin and end.
        for start in stride(from: 0, to: all.count, by: 64) {
            late += connections.withLock { registered in
                all[start..<min(start + 64, all.count)].compactMap { connection in
                    guard registered[connection.descriptor] === connection else { return nil }
                    return sweepLocked(connection, at: now, deadlines)
                }
            }
        }
        end(late)
        waiting.wakeAbandoned()
    }

    /// Under the lock of `connections`, without which the socket may be closed already, or another's by now.
    private func sweepLocked(
        _ connection: Connection, at now: ContinuousClock.Instant, _ deadlines: HTTPServer.Deadlines
    ) -> LateConnection? {
        let step = connection.step
        switch connection.sweep.ending(of: connection, at: step, now, deadlines) {
        case .over:
            // A request that has just come to an idle connection is still answered.
            shutdown(connection.descriptor, Int32(step.activity == .idle ? SHUT_RD : SHUT_RDWR))
            return nil
        case .overdue(let missed): return LateConnection(connection: connection, step: step, missed: missed)
        case nil: return nil
        }
    }

    /// Ends a connection that has missed a deadline and is still at the same step, and says so to the client, unless it is being
    /// answered. On the loop's thread, so that nothing is answered at the same time.
    func endLate(_ late: LateConnection) {
        let connection = late.connection
        let isOpen = connections.withLock { $0[connection.descriptor] === connection }
        guard isOpen, connection.step == late.step, !connection.isLate else { return }
        rejections.count(late.missed.rejection)
        connection.isLate = true
        if late.missed == .answer {
            ConnectedSocket.reset(connection.descriptor)
        } else {
            connection.phase = .late
            connection.builder = nil
            counters.count(.unknown, .none, .requestTimeout)
            // Past the library, and so without encryption: a client of TLS would not understand it.
            if security == nil {
                ConnectedSocket.sendAtOnce(
                    lastAnswer(.requestTimeout, "\(late.missed.explanation)\n"), on: connection.descriptor)
            }
            connection.endsConnection = true
            // The library finds the stream ended, and closes it.
            shutdown(connection.descriptor, Int32(SHUT_RDWR))
        }
    }
}

/// A connection that has missed a deadline.
struct LateConnection: Sendable {
    let connection: Connection
    /// Where it was when it did.
    let step: Connection.Step
    let missed: Deadline
}

/// The last answer on a connection, which we write past the library.
func lastAnswer(_ status: Status, _ text: String, fields: String = "") -> String {
    "HTTP/1.1 \(status.code) \(status.phrase)\r\nContent-Type: text/plain; charset=utf-8\r\n\(fields)"
        + "Cache-Control: no-cache\r\nConnection: close\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
}
