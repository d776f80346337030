import ByteBuffers
import CMicroHTTPD
import CReception
import Glibc
import HTTPMessages
import Locks

// The head of an answer takes memory beside what the library keeps of its request. Where there is too little, the library would close
// the connection without a word; so a request is refused before it is carried out, and else answered past the library.
extension EventLoop {
    /// Answers a request whose head, or what came with its content, leaves the library too little memory for the head of an answer.
    /// In a call of the access handler, before the request is carried out, where nothing else is on its way to the client.
    @inline(never)
    func refuseHead(_ state: Connection) -> MHD_Result {
        let isTargetLong = state.target.count > Self.largestHead / 2
        let problem = Problem(
            isTargetLong ? .uriTooLong : .headerFieldsTooLarge,
            "the target, fields and trailers take \(state.headCost) bytes of memory; the limit is \(Self.largestHead) bytes"
        )
        return answerPastLibrary(problem.response(route: .none, asJSON: state.request.prefersJSON), state)
    }

    /// Counts what the library keeps of a request that came in chunks: its trailers too (RFC 9112 section 7.1.2).
    @inline(never)
    func hasRoomForTrailers(of connection: OpaquePointer, _ state: Connection) -> Bool {
        var cost = 0
        _ = MHD_get_connection_values_n(connection, .FOOTER_KIND, countTrailer, &cost)
        state.headCost += cost
        return state.headCost <= Self.largestHead
    }

    /// Answers a request line for which the library is about to close the connection without a word. In a call of its log.
    @inline(never)
    func refuseLine(isTooLong: Bool) {
        guard let state = lookedAt else { return }
        let status = isTooLong ? Status.uriTooLong : .badRequest
        counters.count(.unknown, .none, status)
        sendRefusal(status, to: state)
        state.endsConnection = true
    }

    /// An answer without content, since it is not known whether the method is HEAD.
    private func sendRefusal(_ status: Status, to state: Connection) {
        state.forgetRequest()
        sendAtOnce(wholeAnswer(Response(status, route: .none), to: state), on: state)
        state.phase = .givenUp
    }

    /// The connection with a head, or a part of one, that the library looks at.
    private var lookedAt: Connection? {
        let state = connections.withLock { $0[latchkey_looked_at_socket()] }
        return state?.phase == .head ? state : nil
    }

    /// The library is about to refuse what it looks at by a reply of its own. In a call of `notifyOwnReply`.
    func noteOwnReply(_ status: Status) {
        guard let state = lookedAt else { return }
        // Of a request line that is refused nothing is told when the connection ends; its client may still be sending.
        state.endsConnection = true
        if engine.repeatsRefusals { refuseInItsPlace(status, state) }
    }

    /// Refuses a request in the library's place, which is about to refuse it and would send the head of its answer twice. In a
    /// call of `notifyOwnReply`.
    ///
    /// Before 1.0 it does so wherever it refuses what it finds in the fields when all of them are there: cookies that it has no memory
    /// for, and a `Content-Length` that is no number (`parse_connection_headers`, after which `MHD_connection_handle_idle` goes on as if
    /// nothing were wrong).
    private func refuseInItsPlace(_ status: Status, _ state: Connection) {
        guard let handle = state.handle, latchkey_request_head_bytes(handle) > 0 else { return }
        sendRefusal(status, to: state)
        // What the library sends after this goes nowhere, and it closes the connection.
        endSending(on: state)
    }

    /// Sends the answer that was queued last, of whose head the library has found that it has no memory for it, and is about to close
    /// the connection. In a call of `notifyCompleted`.
    ///
    /// A client has to go out of its way to come here: what it sends before and between requests, and before chunks, we are not shown,
    /// but takes memory too.
    ///
    /// - Returns: whether there was an answer.
    @inline(never)
    func answerWithoutRoom(_ state: Connection) -> Bool {
        guard state.phase == .answered else { return false }
        state.endsConnection = true
        let content =
            state.readyResponse?.sentContent
            ?? UnsafeRawBufferPointer(start: state.answer.lentStart, count: state.answer.lentCount)
        let method = state.request.method
        if content.count > Self.mostSentAtOnce, method == .get {
            // Nothing was done.
            let problem = Problem(
                .headerFieldsTooLarge, "the target and fields, and what came with them, leave no memory for the answer")
            let response = problem.response(route: .none, asJSON: state.request.prefersJSON)
            sendAtOnce(wholeAnswer(response, to: state), on: state)
            return true
        }
        sendAtOnce(lastHead(state.answer.status, contentCount: content.count), on: state)
        if method != .head, state.answer.status != .notModified { sendAtOnce(content, on: state) }
        return true
    }

    /// What a socket that has nothing to send is sure to take.
    private static let mostSentAtOnce = 8192
}

/// `MHD_KeyValueIteratorN` for the trailers of a request.
private func countTrailer(
    context: UnsafeMutableRawPointer?, kind: MHD_ValueKind, name: UnsafePointer<CChar>?, nameLength: Int,
    value: UnsafePointer<CChar>?, valueLength: Int
) -> MHD_Result {
    // With a colon, a blank and CR LF.
    context?.assumingMemoryBound(to: Int.self).pointee += nameLength + valueLength + 4 + Connection.fieldCost
    return .YES
}
