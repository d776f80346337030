import CMicroHTTPD
import Glibc
import HTTPMessages
import Locks
import Sockets
import Synchronization

/// Looks at all connections of all event loops, again and again: those that can have no further request are ended, and those that
/// have missed a deadline are handed to their loop's thread to be ended.
///
/// On the accepting thread, so that requests do not pay for it: the library's own time-out takes a lock and reads the clock three
/// times a request, and knows of inactivity only.
struct ConnectionSweeps {
    private let loops: [EventLoop]
    private var deadlines: HTTPServer.Deadlines
    /// The connections of each loop that are still to be looked at in this sweep.
    private var rest: [ArraySlice<Connection>] = []
    /// How many parts `rest` is to be divided into.
    private var partsLeft = 0
    private var pause = Self.interval
    /// When to go on.
    private(set) var next: ContinuousClock.Instant

    /// Twice within the second in which late connections are ended: to see one begin, and to see that it is late.
    private static let interval = Duration.milliseconds(300)
    /// A sweep over many is divided into parts of at least so many connections: all at once, those that are ended together would
    /// keep others waiting.
    private static let leastOfPart = 32
    private static let mostParts = 40

    init(_ loops: [EventLoop], _ deadlines: HTTPServer.Deadlines) {
        self.loops = loops
        self.deadlines = deadlines
        next = .now + Self.interval
    }

    /// From now on ends those also that have been silent for `Deadlines.drainSilence`.
    mutating func beginDrain() { deadlines.drainBegan = .now }

    /// Looks at the next part.
    ///
    /// - Returns: whether it was the last of a sweep.
    mutating func goOn() -> Bool {
        if partsLeft == 0 {
            rest = loops.map { $0.connections.withLock { Array($0.values) }[...] }
            partsLeft = max(1, min(Self.mostParts, rest.reduce(0) { $0 + $1.count } / Self.leastOfPart))
            pause = Self.interval / partsLeft
        }
        for (index, loop) in loops.enumerated() {
            let part = rest[index].prefix((rest[index].count + partsLeft - 1) / partsLeft)
            rest[index] = rest[index].dropFirst(part.count)
            loop.sweep(part, deadlines)
            if partsLeft == 1 { loop.waiting.wakeAbandoned() }
        }
        partsLeft -= 1
        // Empty slices still own the connections that they were taken from.
        if partsLeft == 0 { rest = [] }
        // By plan, so that what a part takes does not add up to late ends.
        next = max(next + pause, .now)
        return partsLeft == 0
    }
}

extension EventLoop {
    fileprivate func sweep(_ some: ArraySlice<Connection>, _ deadlines: HTTPServer.Deadlines) {
        let now = ContinuousClock.now
        var late: [LateConnection] = []
        var chunked: [Connection] = []
        // A few at a time, because the loop waits for the lock where connections begin and end.
        for start in stride(from: some.startIndex, to: some.endIndex, by: 64) {
            late += connections.withLock { registered in
                some[start..<min(start + 64, some.endIndex)].compactMap { connection in
                    guard registered[connection.descriptor] === connection else { return nil }
                    if connection.activity == .receivingChunks { chunked.append(connection) }
                    return sweepLocked(connection, at: now, deadlines)
                }
            }
        }
        look(at: chunked, ending: late)
        // The library closes those that were given up in a turn after a while, of which no event tells.
        if givenUpCount.load(ordering: .relaxed) > 0 { waiting.loopSignal.send() }
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
        guard isOpen(connection), connection.step == late.step else { return }
        if let givenUp = connection.givenUp {
            // A head that still comes, byte by byte.
            if .now - givenUp > LingeringSockets.longest { shutdown(connection.descriptor, Int32(SHUT_RDWR)) }
            return
        }
        rejections.count(late.missed.rejection)
        if late.missed == .answer {
            noteGivenUp(connection)
            ConnectedSocket.reset(connection.descriptor)
        } else {
            giveUp(connection, .requestTimeout, late.missed.explanation)
        }
    }

    /// Whether the connection is not closed yet. On the loop's thread, which closes it.
    func isOpen(_ connection: Connection) -> Bool {
        connections.withLock { $0[connection.descriptor] === connection }
    }

    /// Ends a connection in the middle of a request, and tells the client why. On the loop's thread, between turns.
    func giveUp(_ connection: Connection, _ status: Status, _ explanation: String) {
        noteGivenUp(connection)
        connection.phase = .givenUp
        connection.builder = nil
        counters.count(.unknown, .none, status)
        sendAtOnce(Array(lastAnswer(status, "\(explanation)\n").utf8), on: connection)
        endSending(on: connection)
        connection.endsConnection = true
        // A client that goes on sending is still to be able to read the answer: so its side of the stream stays open. The library
        // closes the connection when content arrives, the client ends it, or nothing comes for a while; then the socket lingers.
        if let handle = connection.handle { latchkey_close_when_silent(handle) }
    }

    private func noteGivenUp(_ connection: Connection) {
        connection.givenUp = .now
        givenUpCount.add(1, ordering: .relaxed)
    }
}

/// A connection that has missed a deadline.
struct LateConnection: Sendable {
    let connection: Connection
    /// Where it was when it did.
    let step: Connection.Step
    let missed: Deadline
}
