import ByteBuffers

extension Request {
    /// Whether the client would rather have JSON than plain text (RFC 9110 section 12.5.1): a weight for a JSON type,
    /// and no more exact range that gives text a greater or equal one. O(n) in the fields.
    public var prefersJSON: Bool {
        var json = Preference()
        var text = Preference()
        for field in fields where field.name == .accept {
            for element in field.value.elements(separatedBy: UInt8(ascii: ",")) {
                let range = MediaRange(element)
                json.consider(range, "application/json", "application/problem+json", "application/*")
                text.consider(range, "text/plain", "text/plain", "text/*")
            }
        }
        return json.weight > text.weight
    }
}

/// The weight of the most exact media range seen for a type, in thousandths.
private struct Preference {
    var weight = 0
    private var exactness = 0

    mutating func consider(_ range: MediaRange, _ type: StaticString, _ other: StaticString, _ family: StaticString) {
        let exactness =
            if range.type.equalsIgnoringCase(type) || range.type.equalsIgnoringCase(other) {
                3
            } else if range.type.equalsIgnoringCase(family) {
                2
            } else if range.type == "*/*" {
                1
            } else {
                0
            }
        if exactness > self.exactness || (exactness == self.exactness && exactness > 0 && range.weight > weight) {
            self.exactness = exactness
            weight = range.weight
        }
    }
}

/// One element of an `Accept` field.
private struct MediaRange {
    let type: BorrowedBytes
    /// In thousandths, 1000 where none is given or it cannot be read.
    let weight: Int

    init(_ element: BorrowedBytes) {
        var parts = element.elements(separatedBy: UInt8(ascii: ";"))
        type = parts.next() ?? element
        var weight = 1000
        for parameter in parts {
            if parameter.starts(with: "q=") || parameter.starts(with: "Q=") {
                weight = Self.weight(parameter.slice(2..<parameter.count)) ?? 1000
            }
        }
        self.weight = weight
    }

    /// `0`, `1`, `0.5`, `0.333`: a weight of RFC 9110 section 12.4.2 in thousandths.
    private static func weight(_ text: BorrowedBytes) -> Int? {
        guard let first = text.first, first == 0x30 || first == 0x31, text.count <= 5 else { return nil }
        var thousandths = Int(first - 0x30) * 1000
        var place = 100
        for (offset, byte) in text.dropFirst().enumerated() {
            if offset == 0 {
                guard byte == UInt8(ascii: ".") else { return nil }
            } else {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                thousandths += Int(byte - 0x30) * place
                place /= 10
            }
        }
        return min(thousandths, 1000)
    }
}
