import CMicroHTTPD
import Locks
import Sockets
import Threads

/// The requests of one event loop whose connections are suspended.
///
/// A connection is suspended by its loop's thread and resumed by the `Resumer`, which has taken it out first: so each is
/// resumed once per suspension. The library closes no suspended connection, so none is resumed after it is closed.
final class WaitingRequests: Sendable {
    private let state = AnnotatedMutex(WaitingList())
    private let wakeUp: WakeUp
    /// Ends the wait of the event loop.
    let loopSignal: LoopSignal

    /// - Parameter wakeUp: ends the wait of the `Resumer`.
    init(wakeUp: WakeUp) throws(SocketFailure) {
        self.wakeUp = wakeUp
        loopSignal = try LoopSignal()
    }

    /// The requests that are suspended.
    var count: Int { state.withLock { $0.places.count } }

    /// Suspends the connection of `request` until it is resumed or `deadline` is over. `MHD_suspend_connection`. On the
    /// loop's thread, in a call of the access handler.
    ///
    /// - Returns: false where nobody may wait any more; then nothing was done.
    func suspend(_ request: WaitingRequest, until deadline: ContinuousClock.Instant?) -> Bool {
        let (isSuspended, mustSignal) = state.withLock { state in
            guard state.mayWait(request) else { return (false, false) }
            // Under the lock, so that the resumer cannot come first.
            MHD_suspend_connection(request.connection)
            return (true, state.add(request, until: deadline))
        }
        if mustSignal { wakeUp.signal() }
        return isSuspended
    }

    /// Has the request resumed, if it has not ended. Any thread.
    func wake(_ request: WaitingRequest) {
        let mustSignal = state.withLock { state in
            if request.standing.hasEnded { return false }
            return state.wake(request)
        }
        if mustSignal { wakeUp.signal() }
    }

    /// How a request that was resumed goes on.
    enum Turn {
        /// Its response is asked for.
        case open
        /// Its response is asked for, and it can't wait on.
        case last
        /// Its client has left.
        case abandoned
    }

    /// Begins to ask for the response: what resumes the request from now on resumes it again. On the loop's thread.
    func beginTurn(of request: WaitingRequest) -> Turn {
        state.withLock { state in
            request.standing.isWoken = false
            if request.standing.isAbandoned { return .abandoned }
            return state.mayWait(request) ? .open : .last
        }
    }

    /// Forgets a request, which is not suspended. On the loop's thread.
    func end(_ request: WaitingRequest) {
        state.withLock { _ in
            precondition(request.standing.place == nil, "a request ended while its connection was suspended")
            request.standing.hasEnded = true
        }
    }

    /// Lets no further request wait but those at work, and has all others resumed. Any thread, also more than once.
    func drain() {
        let mustSignal = state.withLock { state in
            state.isDraining = true
            return state.wakeUnwelcome()
        }
        if mustSignal { wakeUp.signal() }
    }

    /// Lets no further request wait, and has all resumed that do. Any thread, also more than once.
    func close() {
        let mustSignal = state.withLock { state in
            state.isClosed = true
            return state.wakeUnwelcome()
        }
        if mustSignal { wakeUp.signal() }
    }
}

// For the threads that look after all loops.
extension WaitingRequests {
    /// Takes out the requests that were woken or are overdue at `now`: they count as not suspended from here on, and the
    /// caller has to resume each.
    ///
    /// - Returns: these, and when to come again though nobody was woken.
    func takeDue(at now: ContinuousClock.Instant) -> (due: [WaitingRequest], next: ContinuousClock.Instant?) {
        state.withLock { $0.takeDue(at: now) }
    }

    /// Has the requests resumed whose clients have left, so that they end. A suspended connection notices nothing itself.
    func wakeAbandoned() {
        // A few at a time, because the loop and those who resume wait for the lock. A request that changes places
        // meanwhile may be left out until the next call.
        var start = 0
        var hasMore = true
        while hasMore {
            let mustSignal = state.withLock { state in
                let batch = Array(state.places.dropFirst(start).prefix(64))
                hasMore = !batch.isEmpty
                let left = ConnectedSocket.positionsOfEnded(among: batch.map(\.request.descriptor))
                return left.reduce(false) { mustSignal, position in
                    batch[position].request.standing.isAbandoned = true
                    return state.wake(batch[position].request) || mustSignal
                }
            }
            if mustSignal { wakeUp.signal() }
            start += 64
        }
    }
}
