import ByteBuffers
import CMicroHTTPD
import CReception
import CTransportSecurity
import Glibc
import HTTPMessages
import TransportSecurity

// What libmicrohttpd calls, all on the event loop's thread. Each context is an `EventLoop`, kept alive by whoever stops
// it, and borrowed here without a reference count that the loops would share.

/// `MHD_OPTION_URI_LOG_CALLBACK`: the target as it came, before the library takes it apart. What is returned comes back
/// with every later call for the request.
func startRequest(
    context: UnsafeMutableRawPointer?, target: UnsafePointer<CChar>?, connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let context, let state = latchkey_socket_context(connection) else { return nil }
    Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.traffic.add(1, to: .startedRequests) }
    Unmanaged<Connection>.fromOpaque(state)._withUnsafeGuaranteedRef { $0.start(target: target) }
    return state
}

/// `MHD_OPTION_UNESCAPE_CALLBACK`: leaves everything as it is; the API decodes the path itself, exactly once.
func leaveEscaped(
    context: UnsafeMutableRawPointer?, connection: OpaquePointer?, text: UnsafeMutablePointer<CChar>?
) -> Int {
    text.map { strlen($0) } ?? 0
}

/// `MHD_AccessHandlerCallback`: called with the fields, then for each piece of content, then at the end, and once more
/// each time that the request was resumed.
func handleRequest(
    context: UnsafeMutableRawPointer?, connection: OpaquePointer?, url: UnsafePointer<CChar>?,
    method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?, content: UnsafePointer<CChar>?,
    contentLength: UnsafeMutablePointer<Int>?, state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context, let connection, let url, let method, let version, let contentLength,
        let current = state?.pointee
    else { return .NO }
    return Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { loop in
        Unmanaged<Connection>.fromOpaque(current)._withUnsafeGuaranteedRef { state in
            if state.phase == .head {
                let problem = state.takeHead(
                    method: method, url: url, version: version, of: connection, on: loop)
                if let problem { return loop.refuse(connection, state, problem) }
                if state.headCost > EventLoop.largestHead { return loop.refuseHead(state) }
                return loop.receive(connection, state)
            }
            if contentLength.pointee > 0 {
                let piece = UnsafeRawBufferPointer(start: content, count: contentLength.pointee)
                contentLength.pointee = 0
                state.receivedCount += piece.count
                if state.isChunked { state.look(at: piece, loop.engine) }
                loop.pieceCount &+= 1
                let goesOn = state.take(BorrowedBytes(piece), on: loop)
                return goesOn ? .YES : loop.answerEarly(connection, state)
            }
            return loop.respond(connection, state)
        }
    }
}

/// `MHD_OPTION_NOTIFY_COMPLETED`: the request has ended, well or not.
func notifyCompleted(
    context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
    state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, reason: MHD_RequestTerminationCode
) {
    guard let context, let current = state?.pointee else { return }
    Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { loop in
        Unmanaged<Connection>.fromOpaque(current)._withUnsafeGuaranteedRef { state in
            var wasSent = reason == .REQUEST_TERMINATED_COMPLETED_OK
            if !wasSent, loop.hasNoRoom {
                loop.hasNoRoom = false
                wasSent = loop.answerWithoutRoom(state)
            }
            if let item = state.readyResponse {
                // The library lets go of it right after this call, before any other request of this loop is looked at.
                loop.readyResponses.giveBack(item)
                state.readyResponse = nil
            }
            // The library has answered by itself, or we have past it, or the client has left.
            if state.phase != .answered { state.endsConnection = true }
            if state.isChunked {
                state.isChunked = false
                loop.endChunks(of: state)
            }
            loop.account(for: state, wasSent: wasSent || state.phase == .answeredEarly)
            state.finish()
            // The next request on the connection may be there already.
            latchkey_look_at_socket(state.descriptor)
        }
    }
}

/// `MHD_OPTION_NOTIFY_CONNECTION`: a connection starts or is about to be closed. Its state lives in between, with one
/// reference that the library holds for us.
func notifyConnection(
    context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
    state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, event: MHD_ConnectionNotificationCode
) {
    guard let context, let state else { return }
    Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { loop in
        switch event {
        case .CONNECTION_NOTIFY_STARTED:
            let descriptor = latchkey_socket(connection)
            let started = Connection(
                descriptor: descriptor, handle: connection, address: loop.begin(descriptor),
                secured: loop.secure(connection, descriptor))
            loop.register(started)
            state.pointee = Unmanaged.passRetained(started).toOpaque()
        case .CONNECTION_NOTIFY_CLOSED:
            guard let current = state.pointee else { return }
            let ended = Unmanaged<Connection>.fromOpaque(current).takeRetainedValue()
            state.pointee = nil
            // A request that the library never told to us whole has no end either.
            if ended.activity != .idle {
                loop.traffic.add(1, to: .endedRequests)
                // The library has forgotten it after it refused one of its lines.
                if ended.isChunked && ended.isOwedAnAnswer { loop.refuseForgotten(ended) }
            }
            let isRefused = ended.secured?.close() ?? false
            if ended.endsConnection || isRefused { loop.lingering.takeOver(ended.descriptor) }
            loop.unregister(ended)
        @unknown default: break
        }
    }
}

extension EventLoop {
    /// Prepares the handshake of a connection that has started; nil on a plain one.
    fileprivate func secure(_ connection: OpaquePointer?, _ descriptor: Int32) -> ServerSession? {
        guard let security, let session = latchkey_tls_session(connection) else { return nil }
        return ServerSession(session, on: descriptor, showing: security.certifiedKey, counting: shakingCount)
    }

    fileprivate func receive(_ connection: OpaquePointer, _ state: Connection) -> MHD_Result {
        if isGuarded || !state.request.names.isDisjoint(with: .browser),
            let result = refuseStranger(connection, state)
        {
            return result
        }
        guard state.request.mayBringContent || state.isChunked else {
            state.phase = .skipping
            return .YES
        }
        let mayStandStill = state.isChunked && !engine.refusesLongChunkLines
        if mayStandStill { beginChunks(of: state) }
        state.advance(to: mayStandStill ? .receivingChunks : .receivingContent)
        state.beginTurn()
        let reception = handler.receive(state.request, into: &state.builder)
        state.noteLockWait()
        switch reception {
        case .respondAtEnd: state.phase = .skipping
        case .take:
            precondition(state.builder != nil, "content is taken without a builder")
            state.phase = .taking
        case .takeChecking:
            precondition(state.builder != nil, "content is taken without a builder")
            state.phase = .checking
            state.check = handler.contentCheck(of: state.request)
        case .skip(let response):
            state.phase = .answering
            state.prepared = response
        case .refuse(let response):
            state.phase = .answered
            return queueRefusal(response, on: connection, state)
        }
        return .YES
    }

    /// Answers a request that the handler refuses; nil for all others. With content, or if that may come, it ends the
    /// connection: none of it is read.
    @inline(never)
    private func refuseStranger(_ connection: OpaquePointer, _ state: Connection) -> MHD_Result? {
        guard let response = handler.refusal(of: state.request) else { return nil }
        state.beginTurn()
        if state.request.mayBringContent || state.isChunked || state.endsConnection {
            state.phase = .answered
            return queueRefusal(response, on: connection, state)
        }
        state.phase = .answering
        state.prepared = response
        return .YES
    }

    fileprivate func refuse(_ connection: OpaquePointer, _ state: Connection, _ problem: Problem) -> MHD_Result {
        state.phase = .answered
        let response = problem.response(route: .none, asJSON: state.request.prefersJSON)
        return queueRefusal(response, on: connection, state)
    }

    /// Answers before the content, with which the library ends the connection, and says so.
    private func queueRefusal(_ response: Response, on connection: OpaquePointer, _ state: Connection) -> MHD_Result {
        defer { state.endsConnection = true }
        return queue(response, on: connection, state)
    }

    fileprivate func respond(_ connection: OpaquePointer, _ state: Connection) -> MHD_Result {
        let phase = state.phase
        if state.isChunked, phase != .answered, !hasRoomForTrailers(of: connection, state) {
            return refuseHead(state)
        }
        state.phase = .answered
        switch phase {
        case .skipping: return answer(connection, state, .none)
        case .taking:
            guard let builder = state.builder.take() else { preconditionFailure("content is taken without a builder") }
            return answer(connection, state, .complete(builder))
        case .checking:
            guard let builder = state.builder.take() else { preconditionFailure("content is taken without a builder") }
            if let refusal = state.check.take()?.refusal(of: state.request) {
                return queue(refusal, on: connection, state)
            }
            return answer(connection, state, .complete(builder))
        case .overflown: return answer(connection, state, .tooLarge)
        case .denied: return answer(connection, state, .denied)
        case .answering: return state.prepared.take().map { queue($0, on: connection, state) } ?? .NO
        case .head, .answeredEarly, .givenUp: return .NO
        case .answered: return askAgain(connection, state)
        }
    }

    @inline(__always)
    private func answer(_ connection: OpaquePointer, _ state: Connection, _ upload: consuming Upload) -> MHD_Result {
        state.beginTurn()
        let response = handler.respond(to: state.request, upload: upload)
        state.noteLockWait()
        if case .later(let pending) = response.body { return wait(for: pending, on: connection, state) }
        return queue(response, on: connection, state)
    }
}
