import Sockets

/// What the sweeps have seen of a connection. Belongs to the accepting thread.
struct SweepRecord {
    /// Why a connection is to be ended.
    enum Ending: Equatable {
        /// Nothing will come of it.
        case over
        /// It has missed a deadline.
        case overdue(Deadline)
    }

    private typealias Instant = ContinuousClock.Instant
    private var step = Connection.Step(rawValue: 0)
    /// When the step was first seen.
    private var stepBegan: Instant?
    /// When the first bytes of the request on its way were first seen.
    private var requestBegan: Instant?
    private var pace: Pace?
    /// The step at which the connection was last found ended by its client.
    private var abandonedAtStep: Connection.Step?

    /// Whether the connection, which is at `step`, is to be ended at `now`, and so for good.
    mutating func ending(
        of connection: Connection, at step: Connection.Step, _ now: ContinuousClock.Instant,
        _ deadlines: HTTPServer.Deadlines
    ) -> Ending? {
        if stepBegan == nil || step != self.step {
            if !step.continues(self.step) { requestBegan = nil }
            (self.step, stepBegan, pace) = (step, now, nil)
        }
        guard step.activity != .waiting else { return nil }  // A request that waits has a time-out of its own.
        let socket = ConnectedSocket.state(of: connection.descriptor)
        if let missed = missedDeadline(at: now, socket, deadlines) { return .overdue(missed) }
        return isSilent(connection, socket, at: now, deadlines) || isAbandoned(connection, socket) ? .over : nil
    }

    /// Whether no request has come for too long.
    private func isSilent(
        _ connection: Connection, _ socket: ConnectedSocket.State?, at now: Instant, _ deadlines: HTTPServer.Deadlines
    ) -> Bool {
        guard step.activity == .idle, let stepBegan else { return false }
        if now - stepBegan >= deadlines.idle { return true }
        guard let drainBegan = deadlines.drainBegan else { return false }
        let limit = HTTPServer.Deadlines.drainSilence
        guard now - max(stepBegan, drainBegan) >= limit, socket?.silence ?? limit >= limit else { return false }
        // The rest of a head that has begun is waited for as ever. With TLS that cannot be told from a handshake.
        return connection.isSecure || !(socket?.hasReceivedLast ?? false)
    }

    private mutating func missedDeadline(
        at now: Instant, _ socket: ConnectedSocket.State?, _ deadlines: HTTPServer.Deadlines
    ) -> Deadline? {
        switch step.activity {
        case .idle:
            // The library tells of a request when its first line has arrived. What came after the last bytes that went is of one.
            guard let socket, socket.hasReceivedLast else {
                requestBegan = nil
                return nil
            }
            return isOver(deadlines.head, at: now) ? .head : nil
        case .receivingHead: return isOver(deadlines.head, at: now) ? .head : nil
        case .receivingContent, .receivingChunks:
            if isOver(deadlines.request, at: now) { return .request }
            return isTooSlow(socket, at: now, deadlines.content, deadlines.minimumRate) ? .content : nil
        case .answering: return isTooSlow(socket, at: now, deadlines.answer, deadlines.minimumRate) ? .answer : nil
        case .waiting: return nil
        }
    }

    private mutating func isOver(_ time: Duration, at now: Instant) -> Bool {
        let began = requestBegan ?? now
        requestBegan = began
        return now - began >= time
    }

    private mutating func isTooSlow(
        _ socket: ConnectedSocket.State?, at now: Instant, _ time: Duration, _ minimumRate: Int
    ) -> Bool {
        guard let socket else { return false }  // The system does not tell.
        guard pace != nil else {
            pace = Pace(at: now, socket.transferredCount)
            return false
        }
        return pace!.isTooSlow(at: now, socket.transferredCount, time, minimumRate)
    }

    /// Whether the client has ended the connection, and nothing came of what it had sent since the last sweep.
    ///
    /// The library misses the end of a stream that has arrived together with the last bytes before it, since its epoll set is
    /// edge-triggered and it stops reading when it gets less than it has room for.
    private mutating func isAbandoned(_ connection: Connection, _ socket: ConnectedSocket.State?) -> Bool {
        guard step.activity != .answering, socket?.isEndedByPeer ?? true,
            ConnectedSocket.isAtEndOfStream(connection.descriptor)
        else {
            abandonedAtStep = nil
            return false
        }
        // Only at the second look: the loop may have all of a request in hand, and be about to answer.
        defer { abandonedAtStep = step }
        return abandonedAtStep == step
    }
}

/// How fast bytes go, in one stretch of time after the other.
private struct Pace {
    private var stretchBegan: ContinuousClock.Instant
    private var transferredBefore: UInt64
    private var lastProgress: ContinuousClock.Instant
    private var transferred: UInt64

    /// Begins with so many bytes transferred.
    init(at now: ContinuousClock.Instant, _ transferred: UInt64) {
        (stretchBegan, lastProgress) = (now, now)
        (transferredBefore, self.transferred) = (transferred, transferred)
    }

    /// Whether nothing was transferred for `time`, or less than `minimumRate` bytes a second in a stretch that has lasted as long.
    mutating func isTooSlow(
        at now: ContinuousClock.Instant, _ count: UInt64, _ time: Duration, _ minimumRate: Int
    ) -> Bool {
        if count != transferred { (transferred, lastProgress) = (count, now) }
        if now - lastProgress >= time { return true }
        let elapsed = now - stretchBegan
        guard elapsed >= time else { return false }
        let isTooSlow = Double(count &- transferredBefore) < Double(minimumRate) * (elapsed / .seconds(1))
        (stretchBegan, transferredBefore) = (now, count)
        return isTooSlow
    }
}
