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
    /// Answers a request whose head leaves the library too little memory for the head of an answer: it would close the connection
    /// without a word. In the access handler's first call, where nothing else is on its way to the client.
    @inline(never)
    func refuseHead(_ connection: OpaquePointer, _ state: Connection) -> MHD_Result {
        let problem = Problem(
            .headerFieldsTooLarge,
            "the target and fields take \(state.headCost) bytes of memory; the limit is \(Self.largestHead) bytes")
        let response = problem.response(route: .none, asJSON: state.request.prefersJSON)
        counters.count(state.request.method, .none, problem.status)
        let answer = lastAnswer(response, to: state)
        answer.withUnsafeBytes { bytes in
            if let session = latchkey_tls_session(connection) {
                latchkey_send_at_once(session, bytes.baseAddress, bytes.count)
            } else {
                ConnectedSocket.sendAtOnce(bytes, on: state.descriptor)
            }
        }
        state.phase = .givenUp
        // The library closes the connection, and its socket lingers.
        return .NO
    }

    /// The bytes of `response`, with all fields that it would have had.
    private func lastAnswer(_ response: Response, to state: Connection) -> [UInt8] {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        date.update(now: Int64(time.tv_sec))
        fieldLines.set(to: response, date: date)
        addOriginLines(for: state)
        var bytes = Array(
            "HTTP/1.1 \(response.status.code) \(response.status.phrase)\r\n\(FieldLines.firstName): ".utf8)
        bytes.append(contentsOf: fieldLines.bytes)
        bytes.append(contentsOf: "\r\nConnection: close\r\nContent-Length: \(response.body.count)\r\n\r\n".utf8)
        if state.request.method != .head { response.body.withContent { bytes.append(contentsOf: $0) } }
        return bytes
    }
}
