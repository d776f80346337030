import CMicroHTTPD
import HTTPMessages
import Locks

// What is taken down of each request. All on the event loop's thread.
extension EventLoop {
    /// Takes down what is about to be sent.
    @inline(__always)
    func take(_ response: Response, for state: Connection) {
        state.answer.route = response.route
        state.answer.status = response.status
        let hasContent = state.request.method != .head && response.status != .notModified
        state.answer.sentCount = hasContent ? response.body.count : 0
    }

    /// Counts content that is sent from the handler's memory, until the request has ended.
    func lend(_ response: Response, _ state: Connection) {
        state.answer.lentCount = response.body.count
        traffic.add(state.answer.lentCount, to: .lentBytes)
    }

    /// Counts a request that has ended, before it is forgotten.
    ///
    /// - Parameter wasSent: whether the answer was, to its last byte.
    @inline(__always)
    func account(for state: Connection, wasSent: Bool) {
        traffic.add(1, to: .endedRequests)
        if state.receivedCount > 0 { traffic.add(state.receivedCount, to: .receivedBytes) }
        if state.answer.lentCount > 0 { traffic.add(state.answer.lentCount, to: .returnedBytes) }
        guard state.phase == .answered || state.phase == .answeredEarly, state.activity == .answering else { return }
        if wasSent { traffic.add(state.answer.sentCount, to: .sentBytes) }
        let duration = monotonicNanoseconds() &- state.startTime
        // How long a request waits for a change says nothing of the service.
        let hasWaited = state.waiting != nil
        if !hasWaited { durations.record(state.request.method, nanoseconds: duration) }
        if duration >= recordedDuration { record(state, duration: duration, hasWaited: hasWaited, wasSent: wasSent) }
    }

    @inline(never)
    private func record(_ state: Connection, duration: UInt64, hasWaited: Bool, wasSent: Bool) {
        guard let recorder, !hasWaited || recorder.takesAll else { return }
        recorder.add(
            RequestRecord(
                method: state.request.method, route: state.answer.route, status: state.answer.status,
                receivedCount: state.receivedCount, sentCount: wasSent ? state.answer.sentCount : 0, wasSent: wasSent,
                hasWaited: hasWaited, nanoseconds: duration, lockWait: state.lockWait,
                target: recorder.takesTargets ? String(decoding: state.target, as: UTF8.self) : nil))
    }
}

/// `latchkey_daemon_options.notify_own_reply`: the library has answered by itself, with an error, and closes the connection.
func notifyOwnReply(context: UnsafeMutableRawPointer?, status: UInt32) {
    guard let context else { return }
    Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { loop in
        let status = Status(rawValue: UInt16(truncatingIfNeeded: status)) ?? .internalServerError
        loop.counters.count(.unknown, .none, status)
        loop.noteOwnReply(status)
    }
}

/// `latchkey_daemon_options.notify_line_refused`: the library is about to close a connection for its request line, without a word.
func notifyLineRefused(context: UnsafeMutableRawPointer?, status: UInt32) {
    guard let context else { return }
    Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.refuseLine(isTooLong: status == 414) }
}

/// `latchkey_daemon_options.notify_no_room`: the head of the answer that was queued last has no room in its connection's memory.
/// That the request is completed is told of next.
func notifyNoRoom(context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.hasNoRoom = true }
}
