import Sockets
import TransportSecurity

/// Why a running service is not healthy, in one line.
public struct HealthCheckFailure: Error, CustomStringConvertible {
    /// What was asked and what came of it.
    public let description: String
}

/// Asks the service at `host` and `port` whether it is ready (`GET /readyz`). Blocks until it answers, or for
/// `timeoutSeconds` without progress.
///
/// - Parameter isSecure: whether to ask by TLS. Any certificate will do: it is asked whether the service is well, which is no
///   secret, and there is nothing to find out by pretending to be it.
public func checkHealth(
    host: String, port: UInt16, isSecure: Bool = false, timeoutSeconds: Int = 3
) throws(HealthCheckFailure) {
    do {
        let connection = try ClientConnection(host: host, port: port, timeoutSeconds: timeoutSeconds)
        let request = Array("GET /readyz HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8)
        let answer: [UInt8]
        if isSecure {
            let secure = try SecureConnection(connection, trusting: .anyone)
            try secure.send(request)
            answer = try allPieces { () throws(SocketFailure) in try secure.receive() }
        } else {
            try connection.send(request)
            answer = try allPieces { () throws(SocketFailure) in try connection.receive() }
        }
        let statusLine = String(decoding: answer.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        guard statusLine.hasPrefix("HTTP/1.1 200 ") else {
            throw SocketAnswer.unexpected(statusLine)
        }
    } catch {
        throw HealthCheckFailure(description: "\(host):\(port) is not ready: \(error)")
    }
}

private func allPieces(_ next: () throws(SocketFailure) -> [UInt8]) throws(SocketFailure) -> [UInt8] {
    var all: [UInt8] = []
    while case let piece = try next(), !piece.isEmpty { all += piece }
    return all
}

private enum SocketAnswer: Error, CustomStringConvertible {
    case unexpected(String)

    var description: String {
        switch self {
        case .unexpected(let line): line.isEmpty ? "it closed the connection" : "it answered '\(line)'"
        }
    }
}
