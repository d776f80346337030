import ByteBuffers
import HTTPMessages

/// Calls `body` with a view of `bytes`.
func borrowing<Result>(_ bytes: [UInt8], _ body: (BorrowedBytes) throws -> Result) rethrows -> Result {
    try bytes.withUnsafeBytes { try body(BorrowedBytes($0)) }
}

/// Calls `body` with a view of the UTF-8 of `text`.
func borrowing<Result>(_ text: String, _ body: (BorrowedBytes) throws -> Result) rethrows -> Result {
    try borrowing(Array(text.utf8), body)
}

/// Calls `body` with a GET request of these fields.
func withRequest<Result>(_ fields: [(FieldName, String)], _ body: (Request) throws -> Result) rethrows -> Result {
    let fields = fields.map { name, value in
        (name: name, text: Array(name.text.utf8), value: Array(value.utf8))
    }
    // All in one array, since the views of all must be valid at once.
    return try borrowing(fields.flatMap { $0.text + $0.value }) { bytes in
        var start = 0
        func next(_ count: Int) -> BorrowedBytes {
            defer { start += count }
            return bytes.slice(start..<start + count)
        }
        var lines = FieldBuffer()
        var host = BorrowedBytes("")
        for (name, text, value) in fields {
            let line = Request.Field(name: name, text: next(text.count), value: next(value.count))
            if name == .host { host = line.value } else { lines.append(line) }
        }
        return try body(Request(method: BorrowedBytes("GET"), target: BorrowedBytes("/"), host: host, fields: lines))
    }
}

/// Calls `body` with a PUT request of these lines, but for those whose names mean nothing here.
func withRequest<Result>(
    lines: [(name: [UInt8], value: [UInt8])], _ body: (Request) throws -> Result
) rethrows -> Result {
    try borrowing(lines.flatMap { $0.name + $0.value }) { bytes in
        var start = 0
        var views = FieldBuffer()
        for line in lines {
            let text = bytes.slice(start..<start + line.name.count)
            let value = bytes.slice(start + text.count..<start + text.count + line.value.count)
            start += text.count + value.count
            if let name = FieldName(text) { views.append(Request.Field(name: name, text: text, value: value)) }
        }
        return try body(Request(method: BorrowedBytes("PUT"), target: BorrowedBytes("/keys/a"), fields: views))
    }
}

extension BorrowedBytes {
    /// The bytes, where they are UTF-8.
    var text: String? { String(validating: self, as: UTF8.self) }
}

extension SharedBytes {
    init(_ text: String) { self.init(copying: Array(text.utf8)) }

    /// The bytes, where they are UTF-8.
    var text: String? { withBorrowedBytes { $0.text } }
}

extension HTTPDate {
    /// The date of the examples of RFC 9110, section 5.6.7.
    static var example: HTTPDate {
        var date = HTTPDate()
        date.update(now: 784_111_777)
        return date
    }

    static let exampleText = "Sun, 06 Nov 1994 08:49:37 GMT"
}
