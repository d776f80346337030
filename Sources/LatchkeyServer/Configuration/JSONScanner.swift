/// Reads the tokens of a JSON text (RFC 8259) one after the other, skipping white space before each.
struct JSONScanner {
    private let bytes: [UInt8]
    private var position = 0

    /// `bytes` must be UTF-8 for strings to come out as they were written.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Whether only white space is left.
    var isAtEnd: Bool {
        mutating get { peek() == nil }
    }

    /// The error for a problem at the current position.
    func failure(_ problem: String) -> SettingsDocumentError {
        .malformed(line: 1 + bytes[..<position].count { $0 == UInt8(ascii: "\n") }, problem: problem)
    }

    /// Takes `character` if it is next.
    mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// Takes `character`, or throws that `what` was expected.
    mutating func expect(_ character: Unicode.Scalar, _ what: String) throws(SettingsDocumentError) {
        guard accept(character) else { throw failure("expected \(what)") }
    }

    /// The text of the string or number that is the value of `key` (section 3).
    mutating func scalar(of key: String) throws(SettingsDocumentError) -> String {
        switch peek() {
        case UInt8(ascii: "\""): return try string("a string")
        case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try number()
        case UInt8(ascii: "{"): throw .unsuitable(key: key, value: "{…}")
        case UInt8(ascii: "["): throw .unsuitable(key: key, value: "[…]")
        default: break
        }
        let word = bytes[position...].prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        let text = String(decoding: word, as: UTF8.self)
        guard ["true", "false", "null"].contains(text) else { throw failure("expected a value for \"\(key)\"") }
        throw .unsuitable(key: key, value: text)
    }

    /// The text of the string that is next (section 7), or throws that `what` was expected.
    mutating func string(_ what: String) throws(SettingsDocumentError) -> String {
        try expect("\"", what)
        var text: [UInt8] = []
        while let byte = next() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20: throw failure("control character in a string")
            default: text.append(byte)
            }
        }
        throw failure("string without an end")
    }

    /// The text of the number that is next (section 6).
    private mutating func number() throws(SettingsDocumentError) -> String {
        let start = position
        _ = take("-")
        // No other digit may follow a leading zero.
        var isValid = take("0") || takeDigits()
        if take(".") { isValid = takeDigits() && isValid }
        if take("e") || take("E") {
            _ = take("+") || take("-")
            isValid = takeDigits() && isValid
        }
        guard isValid, !takeDigits() else { throw failure("malformed number") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// The character that an escape stands for; its backslash has been taken.
    private mutating func escape() throws(SettingsDocumentError) -> Character {
        switch next() {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw failure("unknown escape in a string")
        }
    }

    /// The character of `\uXXXX`, or of two that are a surrogate pair; `\u` has been taken.
    private mutating func unicodeEscape() throws(SettingsDocumentError) -> Character {
        var units = [try codeUnit()]
        if UTF16.isLeadSurrogate(units[0]), take("\\"), take("u") {
            units.append(try codeUnit())
        }
        guard let text = String(validating: units, as: UTF16.self), let scalar = text.unicodeScalars.first else {
            throw failure("half a surrogate pair in a string")
        }
        return Character(scalar)
    }

    private mutating func codeUnit() throws(SettingsDocumentError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = next().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
                throw failure("\\u without four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// The next byte that is no white space, not taken.
    private mutating func peek() -> UInt8? {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
        return position < bytes.count ? bytes[position] : nil
    }

    /// Takes the next byte, white space too.
    private mutating func next() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    /// Takes `character` if it follows without white space.
    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// Takes all digits that follow; false where there is none.
    private mutating func takeDigits() -> Bool {
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        return position > start
    }
}
