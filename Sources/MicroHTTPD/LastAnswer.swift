import ByteBuffers
import CMicroHTTPD
import CTransportSecurity
import Glibc
import HTTPMessages
import Sockets

// The last answer on a connection, which we write past the library where it cannot.

/// An answer that says little, to a client of which nothing more is known.
func lastAnswer(_ status: Status, _ text: String, fields: String = "") -> String {
    "HTTP/1.1 \(status.code) \(status.phrase)\r\nContent-Type: text/plain; charset=utf-8\r\n\(fields)"
        + "Cache-Control: no-cache\r\nConnection: close\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
}

extension EventLoop {
    /// Answers a request of which more content comes than its answer needs, where nothing else is on its way to the client: the
    /// library takes no answer before the end of the content. In a call of the access handler with content.
    @inline(never)
    func answerEarly(_ connection: OpaquePointer, _ state: Connection) -> MHD_Result {
        guard state.isOwedAnAnswer else { return .NO }
        // Where a client has not read earlier answers there may be no room for this one, until it has or its request is whole.
        guard ConnectedSocket.hasRoomToSend(state.descriptor) else { return .YES }
        state.beginTurn()
        let response: Response? =
            switch state.phase {
            case .overflown: handler.respond(to: state.request, upload: .tooLarge)
            case .denied: handler.respond(to: state.request, upload: .denied)
            default: state.prepared.take()
            }
        state.noteLockWait()
        return response.map { answerPastLibrary($0, state) } ?? .NO
    }

    /// The answer to a request that brings more content than is skipped.
    func contentTooLarge(_ request: Request) -> Response {
        Problem(.contentTooLarge, "the content is larger than the limit of \(byteCount(skipLimit))")
            .response(route: .none, asJSON: request.prefersJSON)
    }

    /// Answers a request before its end. In a call of the access handler, which returns what this does.
    func answerPastLibrary(_ response: Response, _ state: Connection) -> MHD_Result {
        counters.count(state.request.method, response.route, response.status)
        take(response, for: state)
        state.phase = .answeredEarly
        state.advance(to: .answering)
        sendAtOnce(wholeAnswer(response, to: state), on: state)
        // The library closes the connection, and its socket lingers.
        return .NO
    }

    /// Sends a short text to a client to which nothing else is on its way, encrypted where the connection is; nothing on one that is
    /// still shaking hands.
    func sendAtOnce(_ text: [UInt8], on connection: Connection) {
        text.withUnsafeBytes { sendAtOnce($0, on: connection) }
    }

    /// The same with bytes.
    func sendAtOnce(_ bytes: UnsafeRawBufferPointer, on connection: Connection) {
        if bytes.isEmpty { return }
        if let session = connection.handle.flatMap({ latchkey_tls_session($0) }) {
            latchkey_send_at_once(session, bytes.baseAddress, bytes.count)
        } else {
            ConnectedSocket.sendAtOnce(bytes, on: connection.descriptor)
        }
    }

    /// Tells the client that nothing more is sent, while it may send on.
    func endSending(on connection: Connection) {
        if let session = connection.handle.flatMap({ latchkey_tls_session($0) }) { latchkey_end_sending(session) }
        shutdown(connection.descriptor, Int32(SHUT_WR))
    }

    /// The bytes of `response`, with all fields that it would have had.
    func wholeAnswer(_ response: Response, to state: Connection) -> [UInt8] {
        setFieldLines(to: response)
        addOriginLines(for: state)
        var bytes = lastHead(response.status, contentCount: response.body.count)
        if state.request.method != .head { response.body.withContent { bytes.append(contentsOf: $0) } }
        return bytes
    }

    /// The head of an answer with `fieldLines` in it.
    func lastHead(_ status: Status, contentCount: Int) -> [UInt8] {
        var head = Array("HTTP/1.1 \(status.code) \(status.phrase)\r\n\(FieldLines.firstName): ".utf8)
        head.append(contentsOf: fieldLines.bytes)
        // RFC 9110 section 8.6.
        if status != .noContent { head.append(contentsOf: "\r\nContent-Length: \(contentCount)".utf8) }
        head.append(contentsOf: "\r\nConnection: close\r\n\r\n".utf8)
        return head
    }
}
