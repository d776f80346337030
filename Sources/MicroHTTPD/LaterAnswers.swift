import CMicroHTTPD
import HTTPMessages

// Requests whose answers come later. All in calls of the access handler, on the loop's thread.
extension EventLoop {
    /// Lets a complete request wait for its answer.
    func wait(
        for pending: any PendingResponse, on connection: OpaquePointer, _ state: Connection
    ) -> MHD_Result {
        let request = WaitingRequest(pending, connection: connection, descriptor: state.descriptor, registry: waiting)
        state.waiting = request
        pending.start(request)
        return suspend(request, pending, state)
    }

    /// Asks for the answer to a request that was resumed.
    func askAgain(_ connection: OpaquePointer, _ state: Connection) -> MHD_Result {
        guard let request = state.waiting, let pending = request.pending else { return .NO }
        state.beginTurn()
        defer { state.noteLockWait() }
        var isLast = false
        switch waiting.beginTurn(of: request) {
        case .abandoned: return .NO
        case .last: isLast = true
        case .open: break
        }
        if isLast { return queueLast(pending, on: connection, state) }
        if let response = pending.response(to: state.request, isLast: false) {
            if case .later(let next) = response.body {
                state.waiting = nil
                request.end()
                return wait(for: next, on: connection, state)
            }
            return queue(response, on: connection, state)
        }
        // Only now, since what the response was made of may have moved the deadline.
        if let deadline = pending.deadline, deadline <= .now { return queueLast(pending, on: connection, state) }
        return suspend(request, pending, state)
    }

    private func suspend(
        _ request: WaitingRequest, _ pending: any PendingResponse, _ state: Connection
    ) -> MHD_Result {
        state.advance(to: .waiting)
        if waiting.suspend(request, until: pending.deadline) { return .YES }
        return queueLast(pending, on: request.connection, state)
    }

    private func queueLast(
        _ pending: any PendingResponse, on connection: OpaquePointer, _ state: Connection
    ) -> MHD_Result {
        guard let response = pending.response(to: state.request, isLast: true) else {
            preconditionFailure("no response to a request that can't wait on")
        }
        return queue(response, on: connection, state)
    }
}
