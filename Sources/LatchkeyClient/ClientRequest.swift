public import HTTPMessages

/// A request to send: all of it but the content.
public struct ClientRequest: Sendable {
    /// The method.
    public let method: Method
    /// The target in origin form (RFC 9112 section 3.2.1).
    public let target: String
    private var fields: [(name: String, value: [UInt8])] = []

    /// A request without fields of its own. The target comes from a `ServiceURL`.
    public init(_ method: Method, _ target: String) {
        self.method = method
        self.target = target
    }

    /// Adds a field line. Fails for a value that would end the line.
    public mutating func add(_ name: String, _ value: String) throws(ClientFailure) {
        try add(name, Array(value.utf8))
    }

    /// Adds a field line, whose value need not be UTF-8. Fails for one that would end the line.
    public mutating func add(_ name: String, _ value: [UInt8]) throws(ClientFailure) {
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { throw .unusableField(name) }
        fields.append((name, value))
    }

    /// The request line and the field lines as they are sent (RFC 9112 section 2.1).
    func head(host: String, contentFields: [(name: String, value: String)]) -> [UInt8] {
        var head = Array("\(method.name) \(target) HTTP/1.1\r\n".utf8)
        let texts = [("Host", host), ("Connection", "close")] + contentFields
        for (name, value) in texts.map({ ($0, Array($1.utf8)) }) + fields {
            head += Array("\(name): ".utf8) + value + Array("\r\n".utf8)
        }
        return head + Array("\r\n".utf8)
    }
}

/// What is sent with a request.
public enum RequestContent {
    /// Nothing.
    case none
    /// Bytes in memory.
    case bytes([UInt8])
    /// What is left of a file, read piece by piece; chunked (RFC 9112 section 7.1) where its size is not known.
    case file(InputFile)

    var fields: [(name: String, value: String)] {
        switch self {
        case .none: []
        case .bytes(let bytes): [("Content-Length", "\(bytes.count)")]
        case .file(let file):
            if let size = file.size { [("Content-Length", "\(size)")] } else { [("Transfer-Encoding", "chunked")] }
        }
    }
}
