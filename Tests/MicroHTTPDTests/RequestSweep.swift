import Sockets
import TestSupport
import Testing

@testable import MicroHTTPD

/// What makes a request large.
enum Filling: String, CaseIterable, CustomTestStringConvertible {
    /// The target.
    case key, query
    /// The fields: one long name, one long value, a line that ends just where the library's first buffer does, many short ones.
    case name, value, line, shortFields
    /// One long cookie, many short ones, and many without a name.
    case cookie, cookies, emptyCookies
    /// Empty lines before the request, and bytes of the next behind it.
    case before, behind
    /// Content in chunks: many trailers, a long one, a long extension or leading zeros in the line before a chunk.
    case trailers, trailer, `extension`, zeros
    /// Fields that were stored with the value, and are in the answer's head.
    case metadata

    var testDescription: String { rawValue }

    /// As much as takes all of a connection's memory.
    var most: Int {
        switch self {
        case .shortFields, .cookies, .trailers: 300
        case .emptyCookies: 600
        case .metadata: 11
        // Before 1.0 the library stands still at a longer line, until we have seen it for a while (`ChunkRecord`).
        case .trailer, .extension, .zeros: 14_000
        default: 17_000
        }
    }
}

/// Sends requests of which one thing grows, and looks at what comes of them.
struct RequestSweep {
    private let live: LiveServer
    private let certificate: TestCertificate?
    private let writer: RawClient

    init(_ live: LiveServer, trusting certificate: TestCertificate? = nil) throws {
        self.live = live
        self.certificate = certificate
        writer = try Self.connect(live, certificate)
    }

    private static func connect(_ live: LiveServer, _ certificate: TestCertificate?) throws -> RawClient {
        try certificate.map { try RawClient(port: live.server.address.port, trusting: $0) } ?? live.connect()
    }

    /// Grows `filling` from nothing to all of a connection's memory, in steps. Where the answer changes between two, finds the place, and
    /// goes byte by byte across it.
    func cross(_ filling: Filling, _ others: [Filling: Int]) throws {
        func outcome(_ amount: Int) throws -> Int? { try self.outcome(others.merging([filling: amount]) { $1 }) }
        let step = filling.most / 24 + 1
        var (last, lastStatus) = (0, try outcome(0))
        for amount in stride(from: step, through: filling.most, by: step) {
            let status = try outcome(amount)
            var (low, high) = (last, amount)
            while status != lastStatus, high - low > 1 {
                let middle = (low + high) / 2
                if try outcome(middle) == lastStatus { low = middle } else { high = middle }
            }
            if status != lastStatus {
                for amount in max(0, low - Self.margin)...min(filling.most, high + Self.margin) {
                    _ = try outcome(amount)
                }
            }
            (last, lastStatus) = (amount, status)
        }
    }

    /// Bytes on each side of a place.
    private static let margin = 8

    /// Has a value taken away by a request that is filled so, and checks that it is gone if and only if the one answer says so.
    ///
    /// - Returns: the status.
    private func outcome(_ fillings: [Filling: Int]) throws -> Int? {
        let amount = { fillings[$0, default: 0] }
        let key = "c" + String(repeating: "k", count: amount(.key))
        let value = Array("value".utf8)
        let isStorable = key.utf8.count <= 1024
        if isStorable {
            let long = String(repeating: "m", count: 160)
            let metadata = (0..<amount(.metadata)).map { "Latchkey-Meta-\($0): \(long)\r\n" }
            try #require(try writer.put(key, value, metadata.joined()).status < 300)
        }
        let comment = Comment(rawValue: "\(fillings)")
        let answers: [RawResponse]
        do {
            let client = try Self.connect(live, certificate)
            try client.send(Self.request(key, amount))
            answers = try client.answers()
        } catch {
            Issue.record(error, comment)
            return nil
        }
        guard let first = answers.first else {
            Issue.record(Unexpected("no answer"), comment)
            return nil
        }
        let isDone = first.status == 200
        #expect(isDone || (400..<500).contains(first.status), comment)
        #expect(answers.count == 1 || isDone && amount(.behind) > 0, comment)
        if isDone { #expect(first.body == value, comment) }
        #expect((live.stored(Array(key.utf8)) != nil) == (isStorable && !isDone), comment)
        return first.status
    }

    private static func request(_ key: String, _ amount: (Filling) -> Int) -> String {
        func repeated(_ text: String, _ filling: Filling) -> String { String(repeating: text, count: amount(filling)) }
        var text = String(repeating: "\r\n", count: amount(.before) / 2)
        text += "POST /keys/\(key)?op=getdel\(repeated("&", .query)) HTTP/1.1\r\nHost: x\r\n"
        if amount(.line) > 0 {
            let rest = max(0, amount(.line) - text.utf8.count - 5)
            text += "X: \(String(repeating: "l", count: rest))\r\n"
        }
        if amount(.name) > 0 { text += "\(repeated("n", .name)): x\r\n" }
        if amount(.value) > 0 { text += "X: \(repeated("v", .value))\r\n" }
        text += repeated("X: y\r\n", .shortFields)
        if amount(.cookie) > 0 { text += "Cookie: c=\(repeated("c", .cookie))\r\n" }
        if amount(.cookies) > 0 { text += "Cookie: \(repeated("a=b; ", .cookies))\r\n" }
        if amount(.emptyCookies) > 0 { text += "Cookie: \(repeated(";", .emptyCookies))\r\n" }
        if [.trailers, .trailer, .extension, .zeros].contains(where: { amount($0) > 0 }) {
            text += "Transfer-Encoding: chunked\r\n\r\n\(repeated("0", .zeros))1"
            if amount(.extension) > 0 { text += ";\(repeated("e", .extension))" }
            text += "\r\nv\r\n0\r\n\(repeated("T: t\r\n", .trailers))"
            if amount(.trailer) > 0 { text += "T: \(repeated("t", .trailer))\r\n" }
        }
        text += "\r\n"
        if amount(.behind) > 0 { text += "GET / HTTP/1.1\r\nX: \(repeated("b", .behind))" }
        return text
    }
}

extension RawClient {
    /// All answers, whole, up to the connection's end. Ends the client's side once the first is there.
    fileprivate func answers() throws -> [RawResponse] {
        var answers: [RawResponse] = []
        while try !isAtEnd() {
            answers.append(try response())
            connection.finishSending()
        }
        return answers
    }
}
