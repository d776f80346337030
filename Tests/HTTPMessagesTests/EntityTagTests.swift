import ByteBuffers
import TestSupport
import Testing

@testable import HTTPMessages

@Suite struct EntityTagTests {
    private static let nonce: UInt64 = 0xabc

    private func version(in opaque: String, nonce: UInt64 = nonce) -> UInt64? {
        borrowing(opaque) { EntityTag.version(in: $0, nonce: nonce) }
    }

    @Test(
        arguments: [
            (0, 0, #""0-0""#), (0xabc, 0x1f, #""abc-1f""#), (0x10, 0xf, #""10-f""#),
            (0xffff_ffff_ffff, .max, #""ffffffffffff-ffffffffffffffff""#),
        ] as [(UInt64, UInt64, String)])
    func `a tag is nonce and version in lower-case hexadecimal, quoted`(nonce: UInt64, version: UInt64, text: String) {
        #expect(EntityTag(nonce: nonce, version: version).text == text)
    }

    @Test func `tags are equal if both nonce and version are`() {
        #expect(EntityTag(nonce: 1, version: 2) == EntityTag(nonce: 1, version: 2))
        #expect(EntityTag(nonce: 1, version: 2) != EntityTag(nonce: 1, version: 3))
        #expect(EntityTag(nonce: 1, version: 2) != EntityTag(nonce: 2, version: 2))
    }

    @Test(
        arguments: [
            ("abc-0", 0), ("abc-1", 1), ("abc-1f", 0x1f), ("abc-ffffffffffffffff", .max),
            ("abc-8000000000000000", 1 << 63), ("abc-fffffffffffffff", .max >> 4),
        ] as [(String, UInt64)])
    func `a version is read from a tag of this run`(opaque: String, expected: UInt64) {
        #expect(version(in: opaque) == expected)
    }

    @Test(arguments: ["abd-1", "ab-1", "abcd-1", "0-1", "bc-1", "1-abc"])
    func `a tag of another run has no version`(opaque: String) {
        #expect(version(in: opaque) == nil)
    }

    @Test(arguments: [
        // Leading zeros.
        "0abc-1", "abc-01", "abc-00", "abc-0000000000000001", "abc-00000000000000001",
        // Upper case.
        "ABC-1", "Abc-1", "abc-1F", "abc-FFFFFFFFFFFFFFFF",
        // More than 64 bits.
        "abc-10000000000000000", "abc-10000000000000001", "abc-fffffffffffffffff",
        "abc-1000000000000000000000000000001",
        // Other characters.
        "abc-+1", "abc--1", "abc-0x1", "abc-1-", "abc-1-1", "abc-1g", "abc-1 ", " abc-1", "abc -1", "abc- 1", "abc-1\0",
        "\"abc-1\"", "abc_1", "abc\u{2010}1",
        // Parts missing.
        "", "-", "abc", "abc-", "-1", "1",
    ])
    func `a spelling that was never given out has no version`(opaque: String) {
        #expect(version(in: opaque) == nil)
    }

    @Test(arguments: seeds)
    func `a tag's text without its quotes gives its version to its own run only`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            let tag = EntityTag(nonce: random.number(), version: random.number())
            let opaque = String(tag.text.dropFirst().dropLast())
            #expect(version(in: opaque, nonce: tag.nonce) == tag.version, "\(tag.text)")
            #expect(version(in: opaque, nonce: tag.nonce ^ 1) == nil, "\(tag.text)")
            #expect(version(in: opaque, nonce: tag.nonce ^ 1 << 63) == nil, "\(tag.text)")
        }
    }

    @Test(arguments: seeds)
    func `what has a version is spelled as that version's tag`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var known = 0
        for _ in 0..<4_000 {
            let tag = EntityTag(nonce: Self.nonce, version: random.number())
            var opaque = Array(tag.text.utf8.dropFirst().dropLast())
            // Digits often, so that some changes give another tag of this run.
            let byte = random.bytes(
                1, of: Bool.random(using: &random) ? Array("0123456789abcdefAF-".utf8) : Array(0...0xff))
            switch random.next() % 3 {
            case 0: opaque[Int.random(in: 0..<opaque.count, using: &random)] = byte[0]
            case 1: opaque.insert(byte[0], at: Int.random(in: 0...opaque.count, using: &random))
            default: opaque.remove(at: Int.random(in: 0..<opaque.count, using: &random))
            }
            guard let version = borrowing(opaque, { EntityTag.version(in: $0, nonce: Self.nonce) }) else { continue }
            known += 1
            #expect(opaque == Array("abc-\(String(version, radix: 16))".utf8))
        }
        #expect(known > 100, "or the changes above test nothing")
    }

    @Test func `nonces have 48 bits and differ`() {
        let nonces = (0..<100).map { _ in EntityTag.randomNonce() }
        #expect(nonces.allSatisfy { $0 < 1 << 48 })
        #expect(nonces.contains { $0 >= 1 << 40 })
        #expect(Set(nonces).count == nonces.count)
    }

    @Test func `a hexadecimal digit is of the low four bits`() {
        let digits = (0..<16).map { hexadecimalDigit(0xabcd_ef00 | $0) }
        #expect(digits == Array("0123456789abcdef".utf8))
    }
}
