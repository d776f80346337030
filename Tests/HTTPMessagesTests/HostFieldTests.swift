import ByteBuffers
import Testing

@testable import HTTPMessages

/// What `Host` and the authority of a target may be.
@Suite struct HostFieldTests {
    private func isHost(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { BorrowedBytes($0).isHostAndPort } }

    @Test(arguments: [
        "x", "localhost", "LOCALHOST", "localhost:8080", "127.0.0.1", "127.0.0.1:80", "a.example.org.", "x:", "x:0",
        "x:65535",
        "my_service", "my_service.default.svc.cluster.local:8080", "xn--bcher-kva.example", "a%2Fb", "[::1]",
        "[::1]:8080",
        "[2001:db8::a:1]", "[::ffff:127.0.0.1]:1", "[fe80::1]:", "1", "12345678", "12345678:9", "a-b.c~d",
        "a!$&'()*+;=b",
        "name-of-sixteen.", "name-of-eight.an:1",
    ])
    func `names and addresses are hosts, with a port or without`(text: String) { #expect(isHost(Array(text.utf8))) }

    @Test(arguments: [
        "", ":", ":80", "a b", " ", "a,b", "localhost,localhost", "[::1", "::1", "::1]", "[]", "[::1]8080", "[::1]:x",
        "[::1]x",
        "[::g]", "[1::2::3]", "[127.0.0.1]", "[fe80::1%25eth0]", "[::1%lo]", "[[::1]]", "user@x", "user:password@x:80",
        "x:y", "x:80:80",
        "x:8o80", "x:-1", "x:+1", "x:65536", "x:99999", "x:123456", "localhost/", "localhost/a", "localhost?",
        "localhost#",
        "http://x", "a%2", "a%", "a%zz", "a\\b", "a\"b", "<a>", "a{b}", "a|b", "a^b", "a`b", "b\u{fc}cher.example",
        "a\tb.example",
        "localhost\u{7f}", "localhost\u{0}", "[\(String(repeating: "0", count: 60))]",
    ])
    func `all else is none`(text: String) { #expect(!isHost(Array(text.utf8))) }

    @Test func `every byte at every place is judged alike`() {
        let marks = Set("-._~!$&'()*+;=".utf8)
        for length in 1...25 {
            for position in 0..<length {
                for byte in UInt8.min...UInt8.max where byte != UInt8(ascii: ":") && byte != UInt8(ascii: "%") {
                    var text = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                    text[position] = byte
                    let letterOrDigit =
                        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    if isHost(text) != (letterOrDigit || marks.contains(byte)) { Issue.record("\(text)") }
                }
            }
        }
    }

    @Test(
        arguments: [
            ("http://x/a", "x"), ("HTTPS://x:1?q", "x:1"), ("http://", ""), ("http:///a", ""), ("http://u@x/", "u@x"),
            ("/a", nil), ("*", nil),
            ("ftp://x/", nil), ("http:/x", nil), ("", nil), ("http://x", "x"),
        ] as [(String, String?)])
    func `a target in absolute form has an authority`(target: String, authority: String?) {
        let bytes = Array(target.utf8)
        bytes.withUnsafeBytes { #expect(RequestTarget.authority(of: BorrowedBytes($0))?.text == authority) }
    }
}
