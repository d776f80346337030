/// Why a settings document was refused.
enum SettingsDocumentError: Error, Equatable {
    /// Not the JSON that was expected. Lines count from 1.
    case malformed(line: Int, problem: String)
    /// The value of `key` is JSON, but neither a string nor a number.
    case unsuitable(key: String, value: String)
}

/// A JSON text (RFC 8259) that is one object whose members are strings or numbers.
struct SettingsDocument: Equatable {
    /// The text of each member: a string without its quotes and escapes, a number as it is written.
    private(set) var members: [String: String] = [:]

    /// Parses `bytes`, which must be UTF-8. Linear in their count.
    init(_ bytes: [UInt8]) throws(SettingsDocumentError) {
        var scanner = JSONScanner(bytes)
        guard String(validating: bytes, as: UTF8.self) != nil else { throw scanner.failure("not UTF-8") }
        try scanner.expect("{", "an object {…}")
        if !scanner.accept("}") {
            repeat {
                let key = try scanner.string("a name in quotes")
                if members[key] != nil { throw scanner.failure("\"\(key)\" for the second time") }
                try scanner.expect(":", "':' after \"\(key)\"")
                members[key] = try scanner.scalar(of: key)
            } while scanner.accept(",")
            try scanner.expect("}", "',' or '}'")
        }
        guard scanner.isAtEnd else { throw scanner.failure("more text after the object") }
    }
}
