import Sockets

/// Why a running service is not healthy, in one line.
public struct HealthCheckFailure: Error, CustomStringConvertible {
    /// What was asked and what came of it.
    public let description: String
}

/// Asks the service at `host` and `port` whether it is ready (`GET /readyz`). Blocks until it answers, or for
/// `timeoutSeconds` without progress.
public func checkHealth(host: String, port: UInt16, timeoutSeconds: Int = 3) throws(HealthCheckFailure) {
    do {
        let connection = try ClientConnection(host: host, port: port, timeoutSeconds: timeoutSeconds)
        let request = "GET /readyz HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n"
        try connection.send(Array(request.utf8))
        var answer: [UInt8] = []
        while true {
            let piece = try connection.receive()
            if piece.isEmpty { break }
            answer += piece
        }
        let statusLine = String(decoding: answer.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        guard statusLine.hasPrefix("HTTP/1.1 200 ") else {
            throw SocketAnswer.unexpected(statusLine)
        }
    } catch {
        throw HealthCheckFailure(description: "\(host):\(port) is not ready: \(error)")
    }
}

private enum SocketAnswer: Error, CustomStringConvertible {
    case unexpected(String)

    var description: String {
        switch self {
        case .unexpected(let line): line.isEmpty ? "it closed the connection" : "it answered '\(line)'"
        }
    }
}
