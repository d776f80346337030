import Sockets
import TestSupport
import TransportSecurity

/// A response as it came.
struct RawResponse {
    let statusLine: String
    let fields: [(name: String, value: String)]
    let body: [UInt8]

    var status: Int { Int(statusLine.split(separator: " ")[1])! }
    var text: String { String(decoding: body, as: UTF8.self) }
    var names: [String] { fields.map(\.name) }

    /// The value of the field that comes once under this name; nil where it does not come, or more than once.
    subscript(name: String) -> String? {
        let values = fields.filter { $0.name == name }.map(\.value)
        return values.count == 1 ? values[0] : nil
    }
}

/// What is wrong with what a server sent.
struct Unexpected: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A client that says exactly what it is told, and reads responses strictly.
final class RawClient {
    let connection: ClientConnection
    /// What everything goes through, if there is TLS.
    private let secure: SecureConnection?
    private var received: [UInt8] = []
    private var position = 0

    init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        connection = try ClientConnection(
            host: "127.0.0.1", port: port, timeoutSeconds: patienceSeconds, receiveBuffer: receiveBuffer)
        secure = nil
    }

    /// A client that speaks TLS, to a server that shows this certificate.
    init(port: UInt16, trusting certificate: TestCertificate, receiveBuffer: Int32? = nil) throws {
        connection = try ClientConnection(
            host: "127.0.0.1", port: port, timeoutSeconds: patienceSeconds, receiveBuffer: receiveBuffer)
        secure = try SecureConnection(
            connection, trusting: .host("127.0.0.1", authorities: certificate.certificate))
    }

    private func receive(atMost limit: Int = 65_536) throws -> [UInt8] {
        try secure?.receive(atMost: limit) ?? connection.receive(atMost: limit)
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }
    func send(_ bytes: [UInt8]) throws { try secure?.send(bytes) ?? connection.send(bytes) }

    /// Sends a request without content, and reads the response to it.
    func exchange(_ method: String, _ target: String, _ fields: String = "") throws -> RawResponse {
        try send("\(method) \(target) HTTP/1.1\r\nHost: x\r\n\(fields)\r\n")
        return try response(toHead: method == "HEAD")
    }

    /// Sends a request with content, and reads the response to it.
    func exchange(_ method: String, _ target: String, _ fields: String = "", content: [UInt8]) throws -> RawResponse {
        try send("\(method) \(target) HTTP/1.1\r\nHost: x\r\n\(fields)Content-Length: \(content.count)\r\n\r\n")
        try send(content)
        return try response()
    }

    /// Sends a PUT, and reads the response to it.
    func put(_ key: String, _ value: [UInt8], _ fields: String = "") throws -> RawResponse {
        try exchange("PUT", "/keys/\(key)", fields, content: value)
    }

    /// Reads exactly one response, interim ones included.
    func response(toHead: Bool = false) throws -> RawResponse {
        let head = try head()
        let hasContent = !toHead && head.status >= 200 && head.status != 204 && head.status != 304
        guard hasContent else { return head }
        guard let length = head["Content-Length"].flatMap({ Int($0) }) else { throw Unexpected("no length: \(head)") }
        return RawResponse(statusLine: head.statusLine, fields: head.fields, body: try bytes(length))
    }

    /// Reads a response up to its content.
    func head() throws -> RawResponse {
        let statusLine = try line()
        guard statusLine.hasPrefix("HTTP/1.1 "), statusLine.split(separator: " ").count >= 3 else {
            throw Unexpected("not a status line: '\(statusLine)'")
        }
        var fields: [(name: String, value: String)] = []
        while case let line = try line(), !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { throw Unexpected("not a field line: '\(line)'") }
            let rest = line[line.index(after: colon)...]
            guard rest.hasPrefix(" "), !rest.hasPrefix("  ") else { throw Unexpected("not one space: '\(line)'") }
            fields.append((String(line[..<colon]), String(rest.dropFirst())))
        }
        if let name = repeatedField(among: fields.map(\.name)) { throw Unexpected("more than one \(name): \(fields)") }
        return RawResponse(statusLine: statusLine, fields: fields, body: [])
    }

    /// Whether the server closes the connection without another byte.
    func hasEnded() throws -> Bool { try position == received.count && receive(atMost: 1).isEmpty }

    /// Whether the server has closed the connection, and all that it sent was read. Waits until one or the other is certain.
    func isAtEnd() throws -> Bool {
        if position < received.count { return false }
        (received, position) = (try receive(), 0)
        return received.isEmpty
    }

    /// Reads up to the end of the connection.
    func rest() throws -> [UInt8] {
        var rest = Array(received[position...])
        while case let piece = try receive(), !piece.isEmpty { rest += piece }
        (received, position) = ([], 0)
        return rest
    }

    private func fill() throws {
        if position == received.count { (received, position) = ([], 0) }
        let piece = try receive()
        if piece.isEmpty { throw Unexpected("the connection ended in mid-response") }
        received += piece
    }

    /// A line without its CRLF.
    private func line() throws -> String {
        var scanned = position
        while true {
            while scanned < received.count {
                if received[scanned] == UInt8(ascii: "\n") {
                    guard scanned > position, received[scanned - 1] == UInt8(ascii: "\r") else {
                        throw Unexpected("a line that does not end in CRLF")
                    }
                    defer { position = scanned + 1 }
                    return String(decoding: received[position..<scanned - 1], as: UTF8.self)
                }
                scanned += 1
            }
            let before = received.count - position
            try fill()
            scanned = position + before
        }
    }

    /// Reads so many bytes of content.
    func bytes(_ count: Int) throws -> [UInt8] {
        var bytes = Array(received[position..<min(position + count, received.count)])
        position += bytes.count
        while bytes.count < count {
            let piece = try receive(atMost: min(1 << 20, count - bytes.count))
            if piece.isEmpty { throw Unexpected("the connection ended after \(bytes.count) of \(count) bytes") }
            bytes += piece
        }
        return bytes
    }
}
