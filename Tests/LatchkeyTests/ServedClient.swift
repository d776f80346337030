import Glibc
import Sockets
import TestSupport
import Testing

extension Curl {
    /// The program's own client, with this last argument after all options, asking the same server as curl.
    func latchkey(_ arguments: [String], key: [UInt8]? = nil, input: String = "/dev/null") throws -> Program {
        try Program(
            arguments + (key == nil ? [] : ["--"]), environment: ["LATCHKEY_URL": url],
            surroundings: .init(input: input, lastArguments: key.map { [$0] } ?? []))
    }

    /// Runs the program's own client to its end.
    func latchkey(_ arguments: String..., key: [UInt8]? = nil, input: String = "/dev/null") throws -> Program.Outcome {
        try latchkey(arguments, key: key, input: input).outcome()
    }

    /// Stores a value with the program's own client, and tells its tag.
    func put(_ key: String, _ value: String, _ options: String...) throws -> String {
        let file = try write("value", Array(value.utf8))
        let outcome = try latchkey(["put", key, file] + options).outcome()
        #expect(outcome.code == 0, "\(outcome.errors)")
        return String(outcome.output.dropLast())
    }

    /// How many GET requests to this group of paths the server has answered so.
    func requestCount(route: String, code: Int) throws -> Int {
        let name = #"latchkey_http_requests_total{method="GET",route="\#(route)",code="\#(code)"} "#
        let line = try callAsFunction("\(url)/metrics").output.split(separator: "\n").first { $0.hasPrefix(name) }
        return try line.map { try #require(Int($0.dropFirst(name.count))) } ?? 0
    }

    /// Returns once a request waits at the server.
    func waitUntilWaiting() throws {
        try repeatUntil("see a request wait") {
            try callAsFunction("\(url)/metrics").output.contains("\nlatchkey_http_waiting_requests 1\n")
        }
    }
}

extension Program {
    /// The first lines that it has written to standard output, as soon as there are so many.
    func lines(_ count: Int) throws -> [String] {
        let text = String(
            decoding: try output { $0.count(where: { $0 == UInt8(ascii: "\n") }) >= count }, as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }
}

/// Calls `condition` until it holds. Fails, as not able to do what `operation` says, when patience is over.
func repeatUntil(_ operation: String, _ condition: () throws -> Bool) throws {
    let end = ContinuousClock.now + patience
    while try !condition() {
        guard .now < end else { throw SocketFailure(operation, code: ETIMEDOUT) }
    }
}

/// A connection to the server on this port.
func connect(_ port: UInt16) throws -> ClientConnection {
    try ClientConnection(host: "127.0.0.1", port: port, timeoutSeconds: patienceSeconds)
}

/// An upload of two bytes that has begun, as its interim answer shows, and waits for them.
func startUpload(_ port: UInt16) throws -> ClientConnection {
    let connection = try connect(port)
    let head = "PUT /keys/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    try connection.send(Array(head.utf8))
    #expect(String(decoding: try connection.receive(), as: UTF8.self) == "HTTP/1.1 100 Continue\r\n\r\n")
    return connection
}
