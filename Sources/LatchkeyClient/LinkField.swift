extension ResponseHead {
    /// The target of the first link whose relation is `next` (RFC 8288 section 3); nil where there is none. O(n).
    package var nextLink: String? {
        for value in values("link") {
            var rest = Array(value.utf8)[...]
            while let link = Link(&rest) {
                if link.relations.contains("next") { return link.target }
            }
        }
        return nil
    }
}

/// One `<target>; parameter; ...` of a list.
private struct Link {
    let target: String
    private(set) var relations: [String] = []

    /// Takes the next link off `rest`; nil where there is none, or none that can be read.
    init?(_ rest: inout ArraySlice<UInt8>) {
        rest = rest.drop { $0 == UInt8(ascii: ",") || isBlank($0) }
        guard rest.first == UInt8(ascii: "<"), let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return nil }
        target = String(decoding: rest[..<end].dropFirst(), as: UTF8.self)
        rest = rest[end...].dropFirst()
        while true {
            rest = rest.drop(while: isBlank)
            guard rest.first == UInt8(ascii: ";") else { return }
            rest = rest.dropFirst()
            let parameter = Self.takeParameter(&rest)
            // Of several, the first counts.
            if parameter.name == "rel", relations.isEmpty {
                relations = parameter.value.lowercased().split(separator: " ").map(String.init)
            }
        }
    }

    /// `name=value` or `name="value"`, up to the next semicolon or comma that is not in quotes.
    private static func takeParameter(_ rest: inout ArraySlice<UInt8>) -> (name: String, value: String) {
        var text: [UInt8] = []
        var isQuoted = false
        while let byte = rest.first, isQuoted || (byte != UInt8(ascii: ";") && byte != UInt8(ascii: ",")) {
            rest = rest.dropFirst()
            if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == UInt8(ascii: "\\"), isQuoted, let escaped = rest.popFirst() {
                text.append(escaped)
            } else if isQuoted || !isBlank(byte) {
                text.append(byte)
            }
        }
        let name = text.prefix { $0 != UInt8(ascii: "=") }
        let value = text.dropFirst(name.count + 1)
        return (String(decoding: name, as: UTF8.self).lowercased(), String(decoding: value, as: UTF8.self))
    }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
