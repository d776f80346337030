import ByteBuffers
import HTTPMessages
import TestSupport
import Testing

@Suite struct FieldNameTests {
    private static let names: [(String, FieldName)] = [
        ("Accept", .accept), ("Accept-Encoding", .acceptEncoding),
        ("Access-Control-Request-Method", .accessControlRequestMethod),
        ("Authorization", .authorization), ("Content-Digest", .contentDigest), ("Content-Encoding", .contentEncoding),
        ("Content-Length", .contentLength),
        ("Content-Range", .contentRange), ("Content-Type", .contentType), ("Cookie", .cookie), ("Expect", .expect),
        ("Host", .host),
        ("If-Match", .ifMatch),
        ("If-None-Match", .ifNoneMatch), ("If-Range", .ifRange), ("Origin", .origin), ("Prefer", .prefer),
        ("Range", .range), ("Sec-Fetch-Site", .secFetchSite),
        ("Want-Content-Digest", .wantContentDigest),
    ]

    private func fieldName(_ name: String) -> FieldName? { borrowing(name) { FieldName($0) } }

    @Test func `every field name is in the list above`() {
        #expect(Self.names.map(\.1) == FieldName.allCases.filter { $0 != .metadata })
    }

    @Test(arguments: names)
    func `a name is known in any case`(name: String, expected: FieldName) {
        #expect(fieldName(name) == expected)
        #expect(fieldName(name.lowercased()) == expected)
        #expect(fieldName(name.uppercased()) == expected)
        let mixed = name.enumerated().map { $0 % 2 == 0 ? $1.lowercased() : $1.uppercased() }
        #expect(fieldName(mixed.joined()) == expected)
    }

    @Test(arguments: names)
    func `a message spells a name as RFC 9110 does`(name: String, field: FieldName) {
        #expect(field.text == name)
    }

    @Test(arguments: names.map(\.0))
    func `a name with any letter changed is another's`(name: String) {
        let bytes = Array(name.utf8)
        for position in bytes.indices {
            // 0x20 changes the case of a letter only, so not the hyphen, which it makes a CR.
            for bits: UInt8 in bytes[position] == UInt8(ascii: "-") ? [1, 0x20, 0x80] : [1, 0x10, 0x40, 0x80] {
                var changed = bytes
                changed[position] ^= bits
                #expect(borrowing(changed) { FieldName($0) } == nil, "byte \(position) by \(bits)")
            }
            let start = Array(bytes[..<position])
            // `Accept` is a name by itself.
            let isName = Self.names.contains { Array($0.0.utf8) == start }
            #expect((borrowing(start) { FieldName($0) } == nil) != isName)
        }
        #expect(fieldName(name + "s") == nil)
        #expect(fieldName(" " + name) == nil)
        #expect(fieldName(name + ":") == nil)
        #expect(fieldName(name.replacing("-", with: "_") + (name.contains("-") ? "" : "_")) == nil)
    }

    @Test(arguments: [
        "", "A", "Cooky", "Cookie2", "Accent", "Except", "If-Rangf", "If-Patch", "Connection",
        "Latchkey-Meta", "Latchkey-Meta_", "Latchkey-TTL-abc", "Latchkey_Meta-a", "Latchkey-Metb-a", "Content-Encodinh",
        "XLatchkey-Meta-a",
        "Prefix", "Rangs", "L", "Last-Modified-By", "Latchkey-Metadata", "Accept-Encodinh", "User-Agent", "Hosts",
        "Most", "Sec-Fetch-Mode", "Original", "Access-Control-Request-Headers",
        "Content-MD5X", "Content-Tape",
        "Authorisation", "If-None-Watch", "Accept-Ranges", "Content-Lungth", "Accept-Charset", "Content-Length-X",
        "\u{130}f-Match",
    ])
    func `any other name is of no interest`(name: String) {
        #expect(fieldName(name) == nil)
    }

    @Test(arguments: [
        "", "a", "ab", "abc", "-", "a-b", "Latchkey-Meta-", "\u{e9}", " ", String(repeating: "x", count: 5_000),
    ])
    func `any name that has the prefix of metadata is metadata, also the prefix alone`(rest: String) {
        for prefix in ["Latchkey-Meta-", "latchkey-meta-", "LATCHKEY-META-", "lAtChKeY-mEtA-"] {
            #expect(fieldName(prefix + rest) == .metadata)
        }
    }

    @Test(arguments: seeds)
    func `any name is found as by a comparison of lower-case text`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let names = Self.names + [("Latchkey-Meta-", .metadata)]
        for _ in 0..<4_000 {
            var name = Array(names.randomElement(using: &random)!.0.utf8)
            if Bool.random(using: &random) { name[Int.random(in: name.indices, using: &random)] ^= 0x20 }
            name += random.bytes(Int.random(in: 0...2, using: &random), of: Array("-ac\0".utf8))
            let lowercased = String(decoding: name, as: UTF8.self).lowercased()
            let expected =
                names.first { $0.0.lowercased() == lowercased && $0.1 != .metadata }?.1
                ?? (lowercased.hasPrefix("latchkey-meta-") ? .metadata : nil)
            #expect(borrowing(name) { FieldName($0) } == expected, "\(lowercased)")
        }
    }
}
