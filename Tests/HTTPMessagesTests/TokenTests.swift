import ByteBuffers
import Testing

@testable import HTTPMessages

/// What may stand in names, values and targets, looked at eight bytes at a time.
@Suite struct TokenTests {
    private static let marks = Set("!#$%&'*+-.^_`|~0123456789".utf8)

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        marks.contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }

    /// Every byte at every place of texts of every length up to three words.
    private func forEachText(_ body: ([UInt8], _ odd: UInt8) -> Void) {
        for fill in Array("a-Z~".utf8) {
            for length in 1...25 {
                for position in 0..<length {
                    for odd in UInt8.min...UInt8.max {
                        var text = [UInt8](repeating: fill, count: length)
                        text[position] = odd
                        body(text, odd)
                    }
                }
            }
        }
    }

    private func check(_ text: [UInt8], _ property: (BorrowedBytes) -> Bool, _ expected: Bool) {
        let result = text.withUnsafeBytes { property(BorrowedBytes($0)) }
        if result != expected { Issue.record("\(text): \(result)") }
    }

    @Test func `a token has letters, digits and fifteen marks`() {
        for byte in UInt8.min...UInt8.max { #expect(byte.isTokenCharacter == Self.isTokenCharacter(byte)) }
        forEachText { text, odd in check(text, \.isToken, Self.isTokenCharacter(odd)) }
        check([], \.isToken, false)
    }

    @Test func `control characters break a line, tabs do not`() {
        forEachText { text, odd in check(text, \.breaksFieldLine, odd != 9 && (odd < 0x20 || odd == 0x7f)) }
        check([], \.breaksFieldLine, false)
    }

    @Test func `a target has neither spaces nor control characters nor a fragment`() {
        forEachText { text, odd in check(text, \.breaksTarget, odd <= 0x20 || odd == 0x7f || odd == 0x23) }
        check([], \.breaksTarget, false)
    }

    @Test func `two odd bytes hide each other from no look`() {
        let odd: [UInt8] = [0x00, 0x09, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x7e, 0x7f, 0x80, 0xa0, 0xff]
        for (left, right) in odd.flatMap({ left in odd.map { (left, $0) } }) {
            for place in 0..<7 {
                var text = Array("aaaaaaaa".utf8)
                (text[place], text[place + 1]) = (left, right)
                let breaksTarget = { (byte: UInt8) in byte <= 0x20 || byte == 0x7f || byte == 0x23 }
                check(text, \.breaksTarget, breaksTarget(left) || breaksTarget(right))
                let breaksLine = { (byte: UInt8) in byte != 9 && (byte < 0x20 || byte == 0x7f) }
                check(text, \.breaksFieldLine, breaksLine(left) || breaksLine(right))
            }
        }
    }
}
