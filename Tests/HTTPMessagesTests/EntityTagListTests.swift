import ByteBuffers
import TestSupport
import Testing

@testable import HTTPMessages

@Suite struct EntityTagListTests {
    private typealias Tag = EntityTagList.Tag

    private static let nonce: UInt64 = 0xabc

    /// The listed tags, or nil for `*`.
    private func tags(in value: [UInt8]) throws -> [Tag]? {
        switch try borrowing(value, { try EntityTagList($0, nonce: Self.nonce) }) {
        case .any: nil
        case .tags(let tags): tags
        }
    }

    private func tags(in value: String) throws -> [Tag]? { try tags(in: Array(value.utf8)) }

    @Test(arguments: ["*", " *", "*\t", " \t* \t"])
    func `a star names anything`(value: String) throws {
        #expect(try tags(in: value) == nil)
        let list = try borrowing(value) { try EntityTagList($0, nonce: Self.nonce) }
        #expect(list.weaklyMatching == nil)
        #expect(list.stronglyMatching == nil)
    }

    @Test(
        arguments: [
            (#""abc-1""#, [1]), (#""abc-1","abc-2""#, [1, 2]), (#""abc-1", "abc-2""#, [1, 2]),
            (" \t\"abc-1\" \t, \t\"abc-2\"\t ", [1, 2]), (#""abc-2","abc-1","abc-2""#, [2, 1, 2]),
            (#""abc-ffffffffffffffff""#, [.max]),
        ] as [(String, [UInt64])])
    func `tags are listed in their order`(value: String, versions: [UInt64]) throws {
        #expect(try tags(in: value) == versions.map { Tag(isWeak: false, version: $0) })
    }

    @Test(arguments: [
        ("", 0), (" ", 0), (",", 0), (" , ,\t, ", 0), (#","abc-1""#, 1), (#""abc-1","#, 1), (#""abc-1" , "#, 1),
        (", , \"abc-1\",,\t, \"abc-1\" ,,", 2),
    ])
    func `empty elements are skipped`(value: String, count: Int) throws {
        #expect(try tags(in: value) == Array(repeating: Tag(isWeak: false, version: 1), count: count))
    }

    @Test(arguments: [
        #""abd-1""#, #""""#, #""x""#, #""*""#, #"",""#, #""abc-1,abc-2""#, #""\""#, #""W/""#, #"" ""#, "\"\u{e9}\"",
        #""abc-01""#, #""0abc-1""#, #""ABC-1""#, #""abc-A""#, #"" abc-1""#, #""abc-10000000000000001""#, #""abc-""#,
    ])
    func `a tag that this run never gave out has no version`(value: String) throws {
        #expect(try tags(in: value) == [Tag(isWeak: false, version: nil)])
        #expect(
            try tags(in: #"W/\#(value), "abc-7""#) == [Tag(isWeak: true, version: nil), Tag(isWeak: false, version: 7)])
    }

    @Test func `bytes that are not UTF-8 may stand in a tag`() throws {
        #expect(try tags(in: [0x22, 0xff, 0xc3, 0x28, 0x80, 0x22]) == [Tag(isWeak: false, version: nil)])
    }

    @Test func `a tag has no control characters, and every other byte but the quote`() throws {
        for byte in UInt8.min ... .max where byte != UInt8(ascii: "\"") {
            let value = [0x22, 0x61, byte, 0x62, 0x22]
            if byte < 0x20 || byte == 0x7f {
                #expect(throws: EntityTagList.Malformation.controlCharacter, "byte \(byte)") { try tags(in: value) }
            } else {
                #expect(try tags(in: value) == [Tag(isWeak: false, version: nil)], "byte \(byte)")
            }
        }
    }

    @Test func `a weak tag matches by weak comparison only`() throws {
        let value = #"W/"abc-1", "abc-2", W/"abd-3", "abd-4", W/"abc-5""#
        let list = try borrowing(value) { try EntityTagList($0, nonce: Self.nonce) }
        #expect(list.weaklyMatching == [1, 2, 5])
        #expect(list.stronglyMatching == [2])
    }

    @Test func `a list of nothing known matches nothing, which is not anything`() throws {
        for value in ["", #""abd-1""#] {
            let list = try borrowing(value) { try EntityTagList($0, nonce: Self.nonce) }
            #expect(list.weaklyMatching == [])
            #expect(list.stronglyMatching == [])
        }
    }

    @Test(
        arguments: [
            ("abc-1", .notQuoted), ("'abc-1'", .notQuoted), (#"w/"abc-1""#, .notQuoted), (#"W"abc-1""#, .notQuoted),
            (#"W/ "abc-1""#, .notQuoted), ("W/", .notQuoted), ("W", .notQuoted), ("W/*", .notQuoted),
            ("W/,", .notQuoted),
            (#"/"abc-1""#, .notQuoted), (#""abc-1", abc-2"#, .notQuoted), (#"W/W/"abc-1""#, .notQuoted),
            ("\0", .notQuoted),
            ("\"", .notClosed), (#""abc-1"#, .notClosed), (#"W/""#, .notClosed), (#"W/"abc-1"#, .notClosed),
            (#""abc-1", ""#, .notClosed), (#""abc-1", "abc-2"#, .notClosed),
            (#""abc-1" "abc-2""#, .noComma), (#""abc-1""abc-2""#, .noComma), (#""abc-1"x"#, .noComma),
            (#""abc-1";"abc-2""#, .noComma), (#""abc-1" W/"abc-2""#, .noComma), (#""abc-1" *"#, .noComma),
            (#""""""#, .noComma), (#""abc-1", "abc-2" x"#, .noComma),
            ("\"\t\"x", .controlCharacter), ("\"abc-1\", W/\"\u{7f}\"", .controlCharacter),
            ("**", .starInList), ("*,", .starInList), (",*", .starInList), ("*, *", .starInList),
            (#"*, "abc-1""#, .starInList), (#""abc-1", *"#, .starInList), (#"*"abc-1""#, .starInList),
        ] as [(String, EntityTagList.Malformation)])
    func `a malformed list is refused for its first fault`(value: String, expected: EntityTagList.Malformation) {
        #expect(throws: expected) { try tags(in: value) }
    }

    @Test(arguments: seeds)
    func `a list is read as it was put together`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            let expected = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                Tag(isWeak: Bool.random(using: &random), version: Bool.random(using: &random) ? random.number() : nil)
            }
            var value = random.bytes(Int.random(in: 0...3, using: &random), of: Array(", \t".utf8))
            for tag in expected {
                let opaque =
                    tag.version.map { Array("abc-\(String($0, radix: 16))".utf8) }
                    ?? random.bytes(Int.random(in: 0...3, using: &random), of: Array("abcW/*-, \\".utf8))
                value += Array(tag.isWeak ? "W/\"".utf8 : "\"".utf8) + opaque + Array("\" ,".utf8)
                value += random.bytes(Int.random(in: 0...3, using: &random), of: Array(", \t".utf8))
            }
            #expect(try tags(in: value) == expected, "\(String(decoding: value, as: UTF8.self))")
        }
    }

    @Test(arguments: seeds)
    func `any input is either refused or names versions that stand in it`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (read, refused) = (0, 0)
        for round in 0..<4_000 {
            var value: [UInt8] = []
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let pieces = [#""abc-1""#, #""x""#, "\"", "W/", ",", ", ", "*", "abc-2", "\t"]
                value += round % 4 == 0 ? random.bytes(2) : Array(pieces.randomElement(using: &random)!.utf8)
            }
            let text = String(decoding: value, as: UTF8.self)
            do {
                for version in try (tags(in: value) ?? []).compactMap(\.version) {
                    #expect(text.contains("\"abc-\(String(version, radix: 16))\""), "\(text)")
                }
                read += 1
            } catch {
                refused += 1
            }
        }
        #expect(read > 100 && refused > 100, "\(read) read, \(refused) refused")
    }
}
