import HTTPMessages
import TestSupport
import Testing

/// `Content-Digest` and `Want-Content-Digest` (RFC 9530), which are dictionaries of structured fields (RFC 9651).
@Suite struct ContentDigestTests {
    private static let zeros = String(repeating: "A", count: 43)

    private func digests(_ lines: String...) throws -> [ContentDigest] {
        try withRequest(lines.map { (.contentDigest, $0) }) { try $0.contentDigests() }
    }

    private func wanted(_ lines: String...) -> DigestAlgorithm? {
        withRequest(lines.map { (.wantContentDigest, $0) }) { $0.wantedDigest }
    }

    @Test func `digests are read, each algorithm once`() throws {
        let bytes = (0..<64).map { UInt8($0 * 3) }
        let short = ContentDigest(.sha256, Array(bytes[..<32]))
        let long = ContentDigest(.sha512, bytes)
        #expect(try digests(short.text) == [short])
        #expect(try digests("\(short.text), \(long.text)") == [short, long])
        #expect(try digests("\(short.text)\t,\t\(long.text)") == [short, long])
        #expect(try digests(long.text, short.text) == [long, short])
        // The last of those with one key (RFC 9651 section 4.2.2), also over several lines.
        #expect(try digests("sha-256=:\(Self.zeros)=:, \(short.text)") == [short])
        #expect(try digests("sha-256=:\(Self.zeros)=:", short.text) == [short])
        #expect(try digests("\(short.text);a;b=1; c=\"x\"") == [short])
        // As RFC 9651 section 4.2.7 wants it: padding may be missing, and bits that nobody needs set.
        #expect(try digests("sha-256=:\(Self.zeros):") == [ContentDigest(.sha256, .init(repeating: 0, count: 32))])
        #expect(
            try digests("sha-256=:\(Self.zeros.dropLast())B=:") == [
                ContentDigest(.sha256, .init(repeating: 0, count: 32))
            ])
    }

    @Test(arguments: [
        "", "md5=:AAAA:", "sha=:YQ==:, unixsum=1", "sha-256x=:YQ==:", "a", "a;b", "a=?1", "a=?0;b", "a=1.5", "a=-12",
        "a=tok/en:*", "a=*x", "a=\"q\\\"\\\\\"", "a=()", "a=( 1  \"b\" c;d=1 )",
        "a=(1 2);x", "a=@-1659578233", "a=%\"f%c3%bc\"", "*k_1.-*=x", "a=999999999999999", "a=123456789012.123",
        "a=:YWI=:", "a=::",
    ])
    func `algorithms that are not known are left out`(field: String) throws {
        #expect(try digests(field) == [])
    }

    @Test(arguments: [
        "sha-256=", "sha-256=:", "sha-256=:AAAA", "sha-256=:AA*A:", "=:AAAA:", "Sha-256=:AAAA:", "a,", ",a", "a,,b",
        "a b",
        "a =1", "a= 1", "a=1.", "a=1.1234", "a=.5", "a=-", "a=--1", "a=1000000000000000", "a=1234567890123.1", "a=\"x",
        "a=\"\\x\"", "a=\"\u{e9}\"", "a=?2", "a=?", "a=@", "a=@1.5", "a=%x", "a=%\"%C3%BC\"", "a=%\"%ff\"", "a=%\"%c\"",
        "a=(", "a=(1,2)", "a=(1\t2)", "a=(1(2))", "a=1;", "a=1; ", "a=1;B", "a=1;b=", "a=&", "1=2", "a=:A:",
        "a=:AAA==:",
        "a=:AA===:", "a=:=:", "a=:A=AA:", "a=1 2", "sha-256:AAAA", "sha-256",
    ])
    func `a field that is no dictionary is refused, and so is a digest that is none`(field: String) {
        #expect { try digests(field) } throws: { error in
            guard let problem = error as? Problem else { return false }
            return problem.status == .badRequest && problem.detail.hasPrefix("Content-Digest")
        }
    }

    @Test(arguments: [
        ("sha-256=:AAAA:", "Content-Digest: sha-256 has 32 bytes, not 3 bytes"),
        ("sha-512=:\(zeros)=:", "Content-Digest: sha-512 has 64 bytes, not 32 bytes"),
        ("sha-256=::", "Content-Digest: sha-256 has 32 bytes, not 0 bytes"),
        ("sha-256=abc", "Content-Digest: sha-256 is not a byte sequence, base64 between colons"),
        ("sha-256=1", "Content-Digest: sha-256 is not a byte sequence, base64 between colons"),
        ("sha-256=(:AAAA:)", "Content-Digest: sha-256 is not a byte sequence, base64 between colons"),
        ("sha-256", "Content-Digest: sha-256 is not a byte sequence, base64 between colons"),
        ("sha-256=x,", "Content-Digest: sha-256 is not a byte sequence, base64 between colons"),
        ("a,", "Content-Digest 'a,' is not a dictionary such as sha-256=:BASE64:"),
    ])
    func `a message says what is wrong`(field: String, detail: String) {
        #expect(throws: Problem(.badRequest, detail)) { try digests(field) }
    }

    @Test(arguments: seeds)
    func `what was made is read again, and anything else is read or refused`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let algorithm = DigestAlgorithm.allCases.randomElement(using: &random)!
            let digest = ContentDigest(algorithm, random.bytes(algorithm.byteCount, of: Array(0...255)))
            #expect(try digests(digest.text) == [digest])
            var text = Array(digest.text.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                text[Int.random(in: text.indices, using: &random)] = .random(in: 0x20...0x7e, using: &random)
            }
            let changed = String(decoding: text, as: UTF8.self)
            if let read = try? digests(changed) { #expect(read.count <= 1) }
            _ = wanted(changed)
        }
    }

    @Test(arguments: [
        ("sha-256=1", DigestAlgorithm.sha256), ("sha-512=10", .sha512), ("sha-256=10, sha-512=0", .sha256),
        ("sha-256=3, sha-512=5", .sha512), ("sha-512=5, sha-256=5", .sha256), ("md5=10, sha-512=1", .sha512),
        ("sha-256=1, sha-256=0, sha-512=1", .sha512), ("sha-256=1;q=2", .sha256), ("sha-256=11, sha-512=1", .sha512),
    ])
    func `the algorithm with the greatest weight is wanted`(field: String, expected: DigestAlgorithm) {
        #expect(wanted(field) == expected)
    }

    @Test(arguments: [
        "", "sha-256=0", "sha-256=0, sha-512=0", "md5=10", "sha-256", "sha-256=1.0", "sha-256=-1", "sha-256=x",
        "sha-256=:AAAA:", "sha-256=11", "sha-256=1,", "sha-256 1", "sha-256=1, sha-512=%",
    ])
    func `nothing is wanted otherwise`(field: String) {
        #expect(wanted(field) == nil)
    }

    @Test func `several lines are one dictionary`() {
        #expect(wanted() == nil)
        #expect(wanted("sha-256=1", "sha-512=2") == .sha512)
        #expect(wanted("sha-256=9", "sha-256=0") == nil)
    }

    @Test func `base64 has padding`() {
        #expect(
            ContentDigest(.sha256, .init(repeating: 0xff, count: 32)).value
                == ":\(String(repeating: "/", count: 42))8=:")
        #expect(
            ContentDigest(.sha512, .init(repeating: 0, count: 64)).value == ":\(String(repeating: "A", count: 86))==:")
    }
}
