import ByteBuffers
import HTTPMessages
import TestSupport
import Testing

@Suite struct PercentEncodingTests {
    private typealias Decoded = Result<[UInt8], PercentDecodingFailure>

    private func decode(_ bytes: [UInt8], limit: Int = 1024) -> Decoded {
        borrowing(bytes) { bytes in bytes.withPercentDecoded(limit: limit) { outcome in outcome.map { Array($0) } } }
    }

    private func decode(_ text: String, limit: Int = 1024) -> Decoded { decode(Array(text.utf8), limit: limit) }

    @Test(arguments: [
        ("", ""), ("abc", "abc"), ("%61%62%63", "abc"), ("a%62c", "abc"), ("%7e", "~"), ("%7E", "~"),
        ("%C3%a9", "\u{e9}"), ("e%CC%81", "e\u{301}"), ("%e2%82%ac", "\u{20ac}"), ("a%00b", "a\0b"),
        ("a%0D%0Ab", "a\r\nb"), ("%25", "%"), ("..%2f..", "../.."), ("a;b=c&d", "a;b=c&d"),
    ])
    func `escapes become the bytes that they stand for`(text: String, expected: String) {
        #expect(decode(text) == .success(Array(expected.utf8)))
    }

    @Test func `every byte can be escaped, with digits of either case`() {
        for byte in UInt8.min ... .max {
            let digits = String(byte, radix: 16)
            let escape = "%" + (byte < 16 ? "0" : "") + digits
            #expect(decode(escape.lowercased()) == .success([byte]))
            #expect(decode(escape.uppercased()) == .success([byte]))
        }
    }

    @Test func `every byte but the percent sign stands for itself`() {
        for byte in UInt8.min ... .max where byte != UInt8(ascii: "%") {
            // Beside an escape too, because without one nothing is copied.
            #expect(decode([byte]) == .success([byte]))
            #expect(decode([byte] + Array("%41".utf8) + [byte]) == .success([byte, 0x41, byte]))
        }
    }

    @Test func `a slash and its escape are the same`() {
        #expect(decode("a/b") == decode("a%2Fb"))
        #expect(decode("a/b") == decode("a%2fb"))
        #expect(decode("//") == decode("%2F/"))
    }

    @Test func `a plus sign is no space`() {
        #expect(decode("a+b") == .success(Array("a+b".utf8)))
        #expect(decode("a+b%20c%2B") == .success(Array("a+b c+".utf8)))
    }

    @Test func `what was decoded is not decoded again`() {
        #expect(decode("%2541") == .success(Array("%41".utf8)))
        #expect(decode("%25%34%31") == .success(Array("%41".utf8)))
        #expect(decode("%25zz") == .success(Array("%zz".utf8)))
    }

    @Test func `nothing is copied where there is no escape`() {
        borrowing("a+b/c") { bytes in
            let address = bytes.withUnsafeBytes { $0.baseAddress }
            let decoded = bytes.withPercentDecoded(limit: 10) { try? $0.get().withUnsafeBytes { $0.baseAddress } }
            #expect(decoded == address)
        }
    }

    @Test(arguments: [
        ("%", 0), ("%4", 0), ("%%", 0), ("%%%", 0), ("%%41", 0), ("%4%41", 0), ("%zz", 0), ("% 41", 0), ("%+1", 0),
        ("%-1", 0), ("%0x", 0), ("%u0041", 0), ("a%", 1), ("a%4", 1), ("a%4/", 1), ("%41%", 3), ("%41%4", 3),
        ("%41%4g", 3), ("%41%g4%zz", 3), ("\u{e9}%", 2),
    ])
    func `the first malformed escape is told by its position`(text: String, position: Int) {
        #expect(decode(text) == .failure(.malformedEscape(position: position)))
    }

    @Test func `a malformed escape is found at every position`() {
        let pieces = ["%41", "b", "%00", "%ff", "/", "%25", "\u{e9}", "%2F", "+"]
        for malformed in ["%g1", "%1g", "%G1", "%/%", "%%4"] {
            for place in 0...pieces.count {
                let before = pieces[..<place].joined()
                let text = before + malformed + pieces[place...].joined()
                #expect(decode(text) == .failure(.malformedEscape(position: before.utf8.count)), "\(text)")
            }
        }
    }

    @Test func `no byte but a hexadecimal digit is a digit`() {
        let digits = Array("0123456789abcdefABCDEF".utf8)
        for byte in UInt8.min ... .max where !digits.contains(byte) {
            #expect(decode([0x25, byte, 0x31]) == .failure(.malformedEscape(position: 0)), "byte \(byte)")
            #expect(decode([0x25, 0x31, byte]) == .failure(.malformedEscape(position: 0)), "byte \(byte)")
        }
    }

    @Test func `digits beyond the end of the view are not looked at`() {
        borrowing("%41") { bytes in
            for count in 1...2 {
                let failure = bytes.slice(0..<count).withPercentDecoded(limit: 10) { $0.map { Array($0) } }
                #expect(failure == .failure(.malformedEscape(position: 0)))
            }
        }
    }

    // 1,024 bytes is where the temporary memory may move from the stack to the heap.
    @Test(arguments: [0, 1, 2, 3, 341, 342, 1023, 1024, 1025, 5000])
    func `the limit is of decoded bytes`(limit: Int) {
        let raw = [UInt8](repeating: 0x61, count: limit)
        let escaped = Array(String(repeating: "%61", count: limit).utf8)
        #expect(decode(raw, limit: limit) == .success(raw))
        #expect(decode(escaped, limit: limit) == .success(raw))
        #expect(decode(raw + [0x61], limit: limit) == .failure(.tooLong(limit: limit)))
        #expect(decode(raw + Array("%61".utf8), limit: limit) == .failure(.tooLong(limit: limit)))
        #expect(decode(escaped + [0x61], limit: limit) == .failure(.tooLong(limit: limit)))
        #expect(decode(escaped + Array("%61".utf8), limit: limit) == .failure(.tooLong(limit: limit)))
    }

    @Test(arguments: [Int.max, Int.max / 3, Int.max / 3 + 1])
    func `no limit is too great`(limit: Int) {
        #expect(decode("a%62c", limit: limit) == .success(Array("abc".utf8)))
        #expect(decode("abc", limit: limit) == .success(Array("abc".utf8)))
    }

    @Test func `a malformed escape is told whatever the length`() {
        let long = String(repeating: "a", count: 5_000)
        #expect(decode(long + "%", limit: 4) == .failure(.malformedEscape(position: 5_000)))
        #expect(decode(long + "%41", limit: 4) == .failure(.tooLong(limit: 4)))
    }
}

@Suite struct PercentEncodingFuzzTests {
    private func decode(_ bytes: [UInt8]) -> [UInt8]? {
        borrowing(bytes) { bytes in bytes.withPercentDecoded(limit: 4096) { try? Array($0.get()) } }
    }

    @Test(arguments: seeds)
    func `decoding undoes encoding`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            let original = random.bytes(Int.random(in: 0...100, using: &random))
            let share = Int.random(in: 0...4, using: &random)
            let encoded = original.flatMap { byte -> [UInt8] in
                if byte != UInt8(ascii: "%"), Int.random(in: 0..<4, using: &random) >= share { return [byte] }
                let digits = Bool.random(using: &random) ? "0123456789abcdef" : "0123456789ABCDEF"
                return [UInt8(ascii: "%"), Array(digits.utf8)[Int(byte) / 16], Array(digits.utf8)[Int(byte) % 16]]
            }
            #expect(decode(encoded) == original)
        }
    }

    @Test(arguments: seeds)
    func `any input is decoded as by a decoder that splits at percent signs`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            // Few letters, so that both sorts of escape are frequent.
            let text = random.bytes(Int.random(in: 0...12, using: &random), of: Array("%%04aFg+".utf8))
            #expect(decode(text) == reference(text), "\(String(decoding: text, as: UTF8.self))")
        }
    }

    private func reference(_ text: [UInt8]) -> [UInt8]? {
        let pieces = text.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false)
        var decoded = Array(pieces[0])
        for piece in pieces.dropFirst() {
            let digits = String(decoding: piece.prefix(2), as: UTF8.self)
            guard digits.count == 2, digits.allSatisfy(\.isHexDigit) else { return nil }
            decoded.append(UInt8(digits, radix: 16)!)
            decoded += piece.dropFirst(2)
        }
        return decoded
    }
}
