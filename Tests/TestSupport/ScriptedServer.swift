import Foundation
import Glibc
import Sockets
import Synchronization

/// A server that plays a script: one answer for each connection, in order, whatever the request is. It keeps what it
/// was asked.
public final class ScriptedServer: Sendable {
    /// What is done with a connection.
    public enum Answer: Sendable {
        /// Sent when all of the request has arrived.
        case text(String)
        /// Sent when the head of the request has arrived; the content is then thrown away.
        case early(String)
        /// Called when the head of the request has arrived.
        case custom(@Sendable (Peer) throws -> Void)
    }

    /// A request as it came, its content freed from chunks.
    public struct Request: Sendable {
        /// The request line.
        public let line: String
        /// The field lines.
        public let fields: [String]
        /// The content.
        public let content: [UInt8]
    }

    private final class Log: Sendable {
        let requests = Mutex<[Request]>([])
    }

    private let listener: Listener
    private let log = Log()

    /// Starts to listen on a free port. After the last answer, connections are refused.
    public init(_ answers: [Answer]) throws {
        listener = try Listener(host: "127.0.0.1", port: 0)
        let (listener, log) = (listener, log)
        Thread.detachNewThread {
            for answer in answers {
                guard let peer = Self.accept(listener) else { break }
                // What goes wrong with a connection shows in what the client makes of it.
                try? Self.play(answer, peer) { request in log.requests.withLock { $0.append(request) } }
            }
            listener.stopListening()
        }
    }

    deinit { listener.stopListening() }

    /// Where the server is, without a trailing slash.
    public var url: String { "http://127.0.0.1:\(port)" }
    /// The port.
    public var port: UInt16 { listener.address.port }
    /// What was asked so far.
    public var requests: [Request] { log.requests.withLock { $0 } }

    private static func accept(_ listener: Listener) -> Peer? {
        while true {
            var event = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
            poll(&event, 1, -1)
            if event.revents & Int16(POLLHUP) != 0 { return nil }
            if case .accepted(let descriptor, _, _) = listener.accept() { return Peer(descriptor) }
        }
    }

    private static func play(_ answer: Answer, _ peer: Peer, log: (Request) -> Void) throws {
        let (line, fields) = try peer.receiveHead()
        switch answer {
        case .text(let text):
            log(Request(line: line, fields: fields, content: try peer.receiveContent(fields)))
            try peer.send(text)
        case .early(let text):
            log(Request(line: line, fields: fields, content: []))
            try peer.send(text)
            peer.discardInput()
        case .custom(let body):
            log(Request(line: line, fields: fields, content: []))
            try body(peer)
        }
    }
}

/// The other end of a connection to a `ScriptedServer`. Blocks; closed with the last reference.
public final class Peer {
    private let descriptor: Int32
    private var received: [UInt8] = []

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFL, 0)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Sends all of `text`.
    public func send(_ text: String) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw SocketFailure("answer") }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads and throws away what comes, until the client closes.
    public func discardInput() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while recv(descriptor, &buffer, buffer.count, 0) > 0 {}
    }

    fileprivate func receiveHead() throws -> (line: String, fields: [String]) {
        let line = try receiveLine()
        var fields: [String] = []
        while case let field = try receiveLine(), !field.isEmpty { fields.append(field) }
        return (line, fields)
    }

    fileprivate func receiveContent(_ fields: [String]) throws -> [UInt8] {
        if let field = fields.first(where: { $0.hasPrefix("Content-Length: ") }) {
            return try receive(count: Int(field.dropFirst(16)) ?? 0)
        }
        guard fields.contains("Transfer-Encoding: chunked") else { return [] }
        var content: [UInt8] = []
        while let size = Int(try receiveLine(), radix: 16), size > 0 {
            content += try receive(count: size)
            guard try receiveLine().isEmpty else { throw SocketFailure("read a chunk", code: EPROTO) }
        }
        return content
    }

    private func receiveLine() throws -> String {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                defer { received.removeFirst(end + 1) }
                return String(decoding: received[..<end].dropLast(), as: UTF8.self)
            }
            try fill()
        }
    }

    /// Receives exactly so many bytes.
    public func receive(count: Int) throws -> [UInt8] {
        while received.count < count { try fill() }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    private func fill() throws {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { throw SocketFailure("receive a request", code: count == 0 ? ECONNRESET : errno) }
        received += buffer[..<count]
    }
}
