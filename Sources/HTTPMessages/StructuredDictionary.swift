import ByteBuffers

/// A field that is a dictionary of structured fields (RFC 9651 section 3.2), read member by member. Strict: whatever is not a
/// dictionary throws, as section 4.2 has it. Parameters are read over.
struct StructuredDictionary {
    /// What has not been read.
    private var rest: BorrowedBytes
    private var isFirst = true

    /// What a member may be.
    enum Value: Equatable {
        case bytes([UInt8])
        case integer(Int)
        /// Of another type.
        case other
    }

    /// The field is no dictionary.
    struct Malformation: Error {}

    /// A field line's value, without white space at both ends. A field of several lines is one list of members (section 4.2), so
    /// each line is read by itself.
    init(_ value: BorrowedBytes) { rest = value }

    /// The next member, or nil at the end. Of members with one key the last counts (section 4.2.2). O(bytes read).
    mutating func next() throws(Malformation) -> (key: BorrowedBytes, value: Value)? {
        if !isFirst {
            skip { $0 == 0x20 || $0 == 0x09 }
            if rest.isEmpty { return nil }
            try expect(UInt8(ascii: ","))
            skip { $0 == 0x20 || $0 == 0x09 }
            if rest.isEmpty { throw Malformation() }
        } else if rest.isEmpty {
            return nil
        }
        isFirst = false
        let key = try key()
        guard take(UInt8(ascii: "=")) else {
            // True, without saying so.
            try parameters()
            return (key, .other)
        }
        if rest.first == UInt8(ascii: "(") {
            try innerList()
            return (key, .other)
        }
        return (key, try item())
    }

    // MARK: The grammar of section 4.2

    private mutating func key() throws(Malformation) -> BorrowedBytes {
        guard let first = rest.first, first.isLowercaseLetter || first == UInt8(ascii: "*") else {
            throw Malformation()
        }
        return takeWhile {
            $0.isLowercaseLetter || $0.isDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "*")
        }
    }

    private mutating func item() throws(Malformation) -> Value {
        let value = try bareItem()
        try parameters()
        return value
    }

    private mutating func innerList() throws(Malformation) {
        try expect(UInt8(ascii: "("))
        while true {
            skip { $0 == 0x20 }
            if take(UInt8(ascii: ")")) { return try parameters() }
            _ = try item()
            guard rest.first == 0x20 || rest.first == UInt8(ascii: ")") else { throw Malformation() }
        }
    }

    private mutating func parameters() throws(Malformation) {
        while take(UInt8(ascii: ";")) {
            skip { $0 == 0x20 }
            _ = try key()
            if take(UInt8(ascii: "=")) { _ = try bareItem() }
        }
    }

    private mutating func bareItem() throws(Malformation) -> Value {
        guard let first = rest.first else { throw Malformation() }
        switch first {
        case UInt8(ascii: ":"): return .bytes(try byteSequence())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "?"): try boolean()
        case UInt8(ascii: "@"): try date()
        case UInt8(ascii: "%"): try displayString()
        case UInt8(ascii: "*"),
            _ where first.isLetter:
            _ = takeWhile { $0.isTokenCharacter || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "/") }
        default: throw Malformation()
        }
        return .other
    }

    private mutating func byteSequence() throws(Malformation) -> [UInt8] {
        try expect(UInt8(ascii: ":"))
        let text = takeWhile { $0 != UInt8(ascii: ":") }
        try expect(UInt8(ascii: ":"))
        guard let bytes = text.base64Decoded else { throw Malformation() }
        return bytes
    }

    /// Up to 15 digits; or up to 12, a point, and one to three.
    private mutating func number() throws(Malformation) -> Value {
        let isNegative = take(UInt8(ascii: "-"))
        let digits = takeWhile(\.isDigit)
        guard !digits.isEmpty else { throw Malformation() }
        if take(UInt8(ascii: ".")) {
            let fraction = takeWhile(\.isDigit)
            guard digits.count <= 12, (1...3).contains(fraction.count) else { throw Malformation() }
            return .other
        }
        guard digits.count <= 15 else { throw Malformation() }
        let magnitude = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return .integer(isNegative ? -magnitude : magnitude)
    }

    private mutating func string() throws(Malformation) {
        try expect(UInt8(ascii: "\""))
        while let byte = takeByte() {
            switch byte {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"):
                guard let escaped = takeByte(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    throw Malformation()
                }
            case 0x20...0x7e: break
            default: throw Malformation()
            }
        }
        throw Malformation()
    }

    private mutating func boolean() throws(Malformation) {
        try expect(UInt8(ascii: "?"))
        guard take(UInt8(ascii: "0")) || take(UInt8(ascii: "1")) else { throw Malformation() }
    }

    private mutating func date() throws(Malformation) {
        try expect(UInt8(ascii: "@"))
        guard case .integer = try number() else { throw Malformation() }
    }

    private mutating func displayString() throws(Malformation) {
        try expect(UInt8(ascii: "%"))
        try expect(UInt8(ascii: "\""))
        var text: [UInt8] = []
        while let byte = takeByte() {
            switch byte {
            case UInt8(ascii: "\""):
                guard String(validating: text, as: UTF8.self) != nil else { throw Malformation() }
                return
            case UInt8(ascii: "%"):
                guard let high = takeByte()?.lowercaseHexDigit, let low = takeByte()?.lowercaseHexDigit else {
                    throw Malformation()
                }
                text.append(high << 4 | low)
            case 0x20...0x7e: text.append(byte)
            default: throw Malformation()
            }
        }
        throw Malformation()
    }

    // MARK: Reading

    private mutating func skip(_ isSkipped: (UInt8) -> Bool) { _ = takeWhile(isSkipped) }

    private mutating func takeWhile(_ isTaken: (UInt8) -> Bool) -> BorrowedBytes {
        let end = rest.firstIndex { !isTaken($0) } ?? rest.count
        defer { rest = rest.slice(end..<rest.count) }
        return rest.slice(0..<end)
    }

    private mutating func takeByte() -> UInt8? {
        guard let byte = rest.first else { return nil }
        rest = rest.slice(1..<rest.count)
        return byte
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest = rest.slice(1..<rest.count)
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(Malformation) {
        guard take(byte) else { throw Malformation() }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
    fileprivate var isLowercaseLetter: Bool { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") }
    fileprivate var isLetter: Bool { (self | 0x20).isLowercaseLetter }
    fileprivate var lowercaseHexDigit: UInt8? {
        if isDigit { return self - UInt8(ascii: "0") }
        return self >= UInt8(ascii: "a") && self <= UInt8(ascii: "f") ? self - UInt8(ascii: "a") + 10 : nil
    }
}
