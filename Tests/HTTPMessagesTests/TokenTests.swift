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

    @Test func `a target has neither spaces nor control characters`() {
        forEachText { text, odd in check(text, \.hasSpaceOrControl, odd <= 0x20 || odd == 0x7f) }
        check([], \.hasSpaceOrControl, false)
    }
}
