import KeyValueAPI
import Testing

/// What a target names, and what is no key.
@Suite struct KeyGrammarTests {
    private static func escape(_ byte: UInt8, uppercase: Bool) -> String {
        let digits = String(byte, radix: 16, uppercase: uppercase)
        return digits.count == 1 ? "%0\(digits)" : "%\(digits)"
    }

    @Test(arguments: [false, true])
    func `every byte is a key of its own, whatever the case of its escape`(uppercase: Bool) {
        let client = InProcessClient()
        for byte in 0...255 as ClosedRange<UInt8> {
            let target = "/keys/\(Self.escape(byte, uppercase: uppercase))"
            #expect(client.send("PUT", target, [:], .whole([byte, 1])).status == 201, "\(target)")
            #expect(client.stored([byte]) == [byte, 1], "\(target)")
        }
        #expect(client.keyCount == 256)
        for byte in 0...255 as ClosedRange<UInt8> {
            let target = "/keys/\(Self.escape(byte, uppercase: !uppercase))"
            #expect(client.send("GET", target).content == [byte, 1], "\(target)")
            #expect(client.send("DELETE", target).status == 204, "\(target)")
        }
        #expect(client.keyCount == 0)
    }

    @Test func `every byte but the percent and question marks may stand as it is`() {
        let client = InProcessClient()
        for byte in 0...255 as ClosedRange<UInt8> where ![0x25, 0x3f].contains(byte) {
            let target = Array("/keys/a".utf8) + [byte]
            #expect(client.send("PUT", target, [:], .whole([byte])).status == 201, "byte \(byte)")
            #expect(client.stored([0x61, byte]) == [byte], "byte \(byte)")
            #expect(client.get("a\(Self.escape(byte, uppercase: true))").content == [byte], "byte \(byte)")
        }
        #expect(client.keyCount == 254)
    }

    /// Targets after `/keys/`, and the bytes of the key that each names.
    private static let targets: [(target: String, key: [UInt8])] = [
        ("a/b", Array("a/b".utf8)), ("a%2Fb", Array("a/b".utf8)), ("a%2fb", Array("a/b".utf8)),
        ("/", Array("/".utf8)), ("//", Array("//".utf8)), ("//a//", Array("//a//".utf8)), ("a/", Array("a/".utf8)),
        ("a//b", Array("a//b".utf8)), (".", Array(".".utf8)), ("..", Array("..".utf8)), ("%2E%2e", Array("..".utf8)),
        ("../../etc/passwd", Array("../../etc/passwd".utf8)), ("a/../b", Array("a/../b".utf8)), ("%00", [0]),
        ("a%00b", [0x61, 0, 0x62]), ("+", Array("+".utf8)), ("a+b", Array("a+b".utf8)), ("%2B", Array("+".utf8)),
        ("%20", Array(" ".utf8)), ("%3F", Array("?".utf8)), ("%2541", Array("%41".utf8)), ("%25", Array("%".utf8)),
        ("%25zz", Array("%zz".utf8)), ("%C3%A9", [0xc3, 0xa9]), ("é", [0xc3, 0xa9]), ("e%CC%81", [0x65, 0xcc, 0x81]),
        ("%ff%FE", [0xff, 0xfe]), ("%C3%28", [0xc3, 0x28]), ("%0d%0a", [13, 10]), ("a&b=c;d", Array("a&b=c;d".utf8)),
        ("A", [0x41]), ("a", [0x61]), ("keys/a", Array("keys/a".utf8)), ("a#b", Array("a#b".utf8)),
        ("http://h/keys/a", Array("http://h/keys/a".utf8)), ("*", Array("*".utf8)),
    ]

    @Test func `a key is what the target says, percent-decoded once, and nothing else`() {
        let client = InProcessClient(shards: 8)
        var known: Set<[UInt8]> = []
        for (target, key) in Self.targets {
            let isNew = known.insert(key).inserted
            #expect(client.put(target, target).status == (isNew ? 201 : 204), "\(target)")
            #expect(client.stored(key) == Array(target.utf8), "\(target)")
            #expect(client.get(target).text == target, "\(target)")
        }
        #expect(client.keyCount == known.count)
        for (target, key) in Self.targets {
            #expect(client.delete(target).status == (known.remove(key) == nil ? 404 : 204), "\(target)")
        }
        #expect(client.keyCount == 0)
    }

    @Test func `composed and decomposed spellings of one text are two keys`() {
        let client = InProcessClient()
        // Equal as Swift strings, which is why no key may ever become one.
        #expect("\u{e9}" == "e\u{301}")
        #expect(client.put("\u{e9}", "composed").status == 201)
        #expect(client.put("e\u{301}", "decomposed").status == 201)
        #expect(client.get("%C3%A9").text == "composed")
        #expect(client.get("e%CC%81").text == "decomposed")
    }

    @Test(
        arguments: [
            ("%", "%"), ("%4", "%4"), ("a%", "%"), ("a%2", "%2"), ("%zz", "%zz"), ("%2g", "%2g"), ("%g2b", "%g2"),
            ("a%b/%41%q1", "%b/"), ("%%41", "%%4"), ("%+1", "%+1"), ("% 1", "% 1"), ("%-1", "%-1"),
            (String(repeating: "a", count: 5000) + "%x1", "%x1"),
        ], ["GET", "HEAD", "PUT", "DELETE"])
    func `a malformed escape is refused by name`(_ target: (key: String, escape: String), method: String) {
        let client = InProcessClient()
        let answer = client.send(method, "/keys/\(target.key)", [:], method == "PUT" ? .whole([1]) : .none)
        #expect(answer.text == "'\(target.escape)' in the key is not a percent escape of two hex digits\n")
        #expect(answer.status == 400)
        #expect(client.acquisitions == 0)
    }

    @Test func `there is no empty key: where it would be are all keys together`() {
        let client = InProcessClient()
        #expect(client.send("PUT", "/keys/", [:], .whole([1])).status == 405)
        #expect(client.send("POST", "/keys/?op=incr").status == 405)
        #expect(client.send("GET", "/keys/").route == .collection)
        #expect(client.keyCount == 0)
    }

    @Test(arguments: ["a", "%41", "%ff"])
    func `a key has at most 1,024 bytes, decoded`(unit: String) {
        let client = InProcessClient()
        let longest = String(repeating: unit, count: 1024)
        #expect(client.put(longest, "v").status == 201)
        #expect(client.get(longest).text == "v")
        let acquisitions = client.acquisitions
        for method in ["GET", "HEAD", "PUT", "DELETE"] {
            for (tooLong, count) in [
                ("\(longest)a", 1025), ("\(longest)%41", 1025), ("a\(longest)", 1025),
                (String(repeating: unit, count: 100_000), 100_000),
            ] {
                let answer = client.send(method, "/keys/\(tooLong)", [:], method == "PUT" ? .whole([1]) : .none)
                #expect(answer.status == 414)
                #expect(answer.text == "the key has \(count) bytes; the limit is 1024 bytes\n")
            }
        }
        #expect(client.acquisitions == acquisitions)
        #expect(client.keyCount == 1)
    }

    @Test func `the limit on keys is the one that was set`() {
        let client = InProcessClient(keyBytes: 3)
        #expect(client.put("abc", "v").status == 201)
        #expect(client.get("abcd").text == "the key has 4 bytes; the limit is 3 bytes\n")
        #expect(client.send("GET", "/keys/?prefix=abc").status == 200)
        #expect(
            client.send("GET", "/keys/?prefix=abcd").text == "the prefix has 4 bytes; the limit is 3 bytes\n")
    }

    @Test(
        arguments: [
            ("?x", "x"), ("?x=1", "x"), ("?x=1&y=2", "x"), ("?&&y=2", "y"), ("?%78=1", "%78"), ("?=1", ""),
            ("?tt%6c=1", "tt%6c"), ("?TTL=1", "TTL"), ("?a?b", "a?b"), ("?é", "é"),
        ], ["GET", "HEAD", "PUT", "DELETE"])
    func `a query parameter is refused by name, and the store not touched`(
        _ query: (text: String, name: String), method: String
    ) {
        let client = InProcessClient()
        let answer = client.send(method, "/keys/a\(query.text)", [:], method == "PUT" ? .whole([1]) : .none)
        #expect(answer.status == 400)
        #expect(answer.text == "unknown query parameter '\(query.name)'\n")
        #expect(client.acquisitions == 0)
    }

    @Test func `an escape does not reach across the question mark`() {
        let client = InProcessClient()
        #expect(client.get("%2?").text == "'%2' in the key is not a percent escape of two hex digits\n")
        // Of two mistakes the parameter is told first.
        #expect(client.get("%2?1").text == "unknown query parameter '1'\n")
        #expect(client.acquisitions == 0)
    }

    @Test(arguments: ["?", "?&", "?&&"])
    func `a query without a parameter is none, and not a part of the key`(query: String) {
        let client = InProcessClient()
        #expect(client.put("a\(query)", "v").status == 201)
        #expect(client.stored("a") == "v")
        #expect(client.get("a\(query)").text == "v")
    }
}
