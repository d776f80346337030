/// The status line and the field lines of an answer (RFC 9112 sections 4 and 5).
public struct ResponseHead: Sendable {
    /// The status code, 100 to 999.
    public let status: Int
    /// What the server calls the status; may be empty.
    public let reason: String
    private let fields: [(name: String, value: String)]

    /// Reads the lines, which have lost their ends. O(n).
    package init(_ lines: [[UInt8]]) throws(ClientFailure) {
        let line = lines.first ?? []
        let version = Array("HTTP/1.".utf8)
        let code = line.dropFirst(9).prefix(3)
        guard line.starts(with: version), line.count >= 12, isDigit(line[7]), line[8] == 0x20,
            code.allSatisfy(isDigit), code.first != 0x30, line.count == 12 || line[12] == 0x20
        else { throw .malformedAnswer("'\(oneLine(line, limit: 60))' is not a status line of HTTP/1.1") }
        status = code.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        reason = oneLine(line.dropFirst(13), limit: 60)
        var fields: [(name: String, value: String)] = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
                line[..<colon].allSatisfy({ (0x21...0x7e).contains($0) })
            else { throw .malformedAnswer("'\(oneLine(line, limit: 60))' is not a field") }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            fields.append((name, String(decoding: trimmed(line[(colon + 1)...]), as: UTF8.self)))
        }
        self.fields = fields
    }

    /// The values of the field lines with this name, which is in lower case. O(n).
    public func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// Whether the real answer is still to come (RFC 9110 section 15.2).
    var isInterim: Bool { (100..<200).contains(status) }

    /// The length that is announced for the content; nil where none is.
    public var contentLength: Int? {
        if case .length(let length) = try? framing() { length } else { nil }
    }

    /// How the end of the content is told.
    enum Framing: Equatable {
        case length(Int)
        case chunked
        case untilClose
    }

    /// RFC 9112 section 6.3.
    func framing() throws(ClientFailure) -> Framing {
        if isInterim || status == 204 || status == 304 { return .length(0) }
        let codings = values("transfer-encoding")
        let lengths = values("content-length")
        if !codings.isEmpty {
            guard codings.count == 1, codings[0].lowercased() == "chunked", lengths.isEmpty else {
                throw .malformedAnswer("its transfer coding is not just chunked")
            }
            return .chunked
        }
        guard let length = lengths.first else { return .untilClose }
        // Eighteen digits fit.
        guard lengths.allSatisfy({ $0 == length }), (1...18).contains(length.utf8.count),
            length.utf8.allSatisfy(isDigit), let number = Int(length)
        else { throw .malformedAnswer("'\(oneLine(length.utf8, limit: 60))' is not a length") }
        return .length(number)
    }
}

func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

/// Without spaces and tabs at both ends.
private func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let rest = bytes.drop { $0 == 0x20 || $0 == 0x09 }
    let end = rest.lastIndex { $0 != 0x20 && $0 != 0x09 }
    return end.map { rest[...$0] } ?? []
}
