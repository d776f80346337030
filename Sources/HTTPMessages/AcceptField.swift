import ByteBuffers

extension Request {
    /// Whether the client would rather have JSON than plain text (RFC 9110 section 12.5.1): a weight for a JSON type,
    /// and no more exact range that gives text a greater or equal one. O(n) in the fields.
    public var prefersJSON: Bool {
        preference("application/json", "application/problem+json", "application/*").weight > textPreference.weight
    }

    /// Whether the client asks for OpenMetrics by name, in the version that there is, and would not rather have the text
    /// format. O(n) in the fields.
    public var prefersOpenMetrics: Bool {
        let openMetrics = preference("application/openmetrics-text", "application/openmetrics-text", "application/*") {
            $0.version.isEmpty || $0.version == "1.0.0" || $0.version == "0.0.1"
        }
        return openMetrics.isByName && openMetrics.weight > 0 && openMetrics.weight >= textPreference.weight
    }

    /// Whether the client asks for HTML by name, as browsers do, and would not rather have plain text. O(n) in the fields.
    public var prefersHTML: Bool {
        let html = preference("text/html", "application/xhtml+xml", "text/*")
        return html.isByName && html.weight > 0 && html.weight >= textPreference.weight
    }

    private var textPreference: Preference { preference("text/plain", "text/plain", "text/*") }

    private func preference(
        _ type: StaticString, _ other: StaticString, _ family: StaticString,
        where suits: (MediaRange) -> Bool = { _ in true }
    ) -> Preference {
        var preference = Preference()
        for field in fields where field.name == .accept {
            for element in field.value.elements(separatedBy: UInt8(ascii: ",")) {
                let range = MediaRange(element)
                if suits(range) { preference.consider(range, type, other, family) }
            }
        }
        return preference
    }

    /// Whether the answer may be gzipped (RFC 9110 section 12.5.3): `gzip` or `*` has a weight, and `identity` no greater
    /// one. O(n) in the fields.
    public var acceptsGzip: Bool {
        var (gzip, any, identity) = (-1, 0, 0)
        for field in fields where field.name == .acceptEncoding {
            for element in field.value.elements(separatedBy: UInt8(ascii: ",")) {
                let coding = MediaRange(element)
                if coding.type.equalsIgnoringCase("gzip") || coding.type.equalsIgnoringCase("x-gzip") {
                    gzip = max(gzip, coding.weight)
                } else if coding.type.equalsIgnoringCase("identity") {
                    identity = coding.weight
                } else if coding.type == "*" {
                    any = coding.weight
                }
            }
        }
        if gzip < 0 { gzip = any }
        return gzip > 0 && gzip >= identity
    }
}

/// The weight of the most exact media range seen for a type, in thousandths.
private struct Preference {
    var weight = 0
    private var exactness = 0

    /// Whether the type was named, not only its family.
    var isByName: Bool { exactness == 3 }

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

/// One element of an `Accept` or `Accept-Encoding` field.
private struct MediaRange {
    let type: BorrowedBytes
    /// In thousandths, 1000 where none is given or it cannot be read.
    let weight: Int
    /// The parameter `version`, empty where there is none.
    let version: BorrowedBytes

    init(_ element: BorrowedBytes) {
        var parts = element.elements(separatedBy: UInt8(ascii: ";"))
        type = parts.next() ?? element
        var weight = 1000
        var version = BorrowedBytes("")
        for parameter in parts {
            if parameter.starts(with: "q=") || parameter.starts(with: "Q=") {
                weight = Self.weight(parameter.slice(2..<parameter.count)) ?? 1000
            } else if parameter.starts(with: "version=") {
                version = parameter.slice(8..<parameter.count)
            }
        }
        self.weight = weight
        self.version = version
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
