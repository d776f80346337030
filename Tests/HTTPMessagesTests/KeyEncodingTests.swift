import ByteBuffers
import HTTPMessages
import TestSupport
import Testing

@Suite struct KeyEncodingTests {
    private func encode(_ key: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        borrowing(key) { $0.appendPercentEncoded(to: &bytes) }
        return bytes
    }

    private func encode(_ key: String) -> String { String(decoding: encode(Array(key.utf8)), as: UTF8.self) }

    @Test(arguments: [
        ("a", "a"), ("azAZ09-._~", "azAZ09-._~"), ("a b", "a%20b"), ("a+b", "a%2Bb"), ("100%", "100%25"),
        ("a?b#c", "a%3Fb%23c"), ("\u{e9}", "%C3%A9"), ("\0\r\n", "%00%0D%0A"), ("a&b=c;d,e", "a%26b%3Dc%3Bd%2Ce"),
        ("a/b/c", "a/b/c"), ("a/b c", "a/b%20c"), ("...", "..."), ("a/.../b", "a/.../b"), ("a/.b/..c", "a/.b/..c"),
        ("/", "%2F"), ("/a", "%2Fa"), ("a/", "a%2F"), ("a//b", "a%2F%2Fb"), ("a/./b", "a%2F.%2Fb"),
        ("a/b/..", "a%2Fb%2F.."), ("../a/b", "..%2Fa%2Fb"), ("./a", ".%2Fa"), (".", "."), ("..", ".."), ("", ""),
    ])
    func `a key is spelled so that it stays the same on its way`(key: String, expected: String) {
        #expect(encode(key) == expected)
    }

    @Test func `every byte but the unreserved and the slash is escaped`() {
        let plain = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
        for byte in UInt8.min ... .max {
            let digits = String(byte, radix: 16, uppercase: true)
            let escape = Array("%\(byte < 16 ? "0" : "")\(digits)".utf8)
            #expect(encode([0x61, byte, 0x62]) == [0x61] + (plain.contains(byte) ? [byte] : escape) + [0x62])
        }
    }

    @Test func `it is appended`() {
        var bytes = Array("/keys/".utf8)
        borrowing("a b") { $0.appendPercentEncoded(to: &bytes) }
        #expect(bytes == Array("/keys/a%20b".utf8))
    }

    @Test(arguments: seeds)
    func `decoding gives back any key`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for round in 0..<4_000 {
            let count = Int.random(in: 0...20, using: &random)
            let key = round % 2 == 0 ? random.bytes(count) : random.bytes(count, of: Array("a./%2F\u{ff}".utf8))
            let decoded = borrowing(encode(key)) { $0.withPercentDecoded(limit: 100) { try? Array($0.get()) } }
            #expect(decoded == key)
        }
    }

    @Test(arguments: seeds)
    func `removing dot segments and empty ones changes nothing but the keys of one or two dots`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<4_000 {
            let key = random.bytes(Int.random(in: 1...6, using: &random), of: Array("a.//".utf8))
            let segments = String(decoding: encode(key), as: UTF8.self)
                .split(separator: "/", omittingEmptySubsequences: false)
            let isDots = key == Array(".".utf8) || key == Array("..".utf8)
            #expect(segments.contains { ["", ".", ".."].contains($0) } == isDots)
        }
    }
}
