import KeyValueAPI
import TestSupport
import Testing

/// Fields and parameters of random bytes, where requests that are nearly right hardly come.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct ParserFuzzTests {
    private static let count = 3_000

    /// Random bytes, or random pieces of what is expected.
    private static func text(_ random: inout SeededGenerator, of pieces: [String]) -> [UInt8] {
        let count = Int(random.next() % 12)
        if random.next() % 3 == 0 { return random.bytes(count * 4) }
        return (0..<count).flatMap { _ in
            random.next() % 8 == 0 ? random.bytes(1) : Array(pieces.randomElement(using: &random)!.utf8)
        }
    }

    @Test(arguments: seeds)
    func `whatever Accept says, an error comes as text or as JSON, and says which`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let client = InProcessClient()
        let pieces = [
            "application/json", "text/plain", "application/*", "text/*", "*/*", ",", ";", "q=", "0", ".5", "1.000", " ",
            "\t", "\"", "\\", "=", "Q=0", "application/problem+json", "q=1.0000", "q=9", "é",
        ]
        var seen: Set<String> = []
        for _ in 0..<Self.count {
            // As text, since in-process requests have it so: what is not UTF-8 comes replaced.
            let accept = String(decoding: Self.text(&random, of: pieces), as: UTF8.self)
            let answer = client.get("none", ["Accept": accept])
            #expect(answer.status == 404)
            #expect(answer["Vary"] == "Accept")
            switch answer["Content-Type"] {
            case "text/plain; charset=utf-8": #expect(answer.text == "no value is stored under this key\n")
            case "application/problem+json": #expect(answer.text.hasPrefix(#"{"type":"about:blank""#))
            default: Issue.record("\(accept): \(answer)")
            }
            seen.insert(answer["Content-Type"] ?? "")
        }
        #expect(seen.count == 2)
    }

    @Test(arguments: seeds)
    func `a cursor is one that was given out, byte for byte, or refused`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let client = InProcessClient(shards: 4)
        for number in 0..<50 { client.put("\(number)", "v") }
        let given = Set(
            client.pages("?limit=1").compactMap { page in
                page.nextTarget.flatMap { $0.split(separator: "cursor=", maxSplits: 1).last.map(String.init) }
            })
        #expect(given.count > 40)
        let pieces = Array("0123456789abcdefABCDEF-+").map(String.init) + ["abc-", "ffffffffffffffff", "%41", "&"]
        for number in 0..<Self.count {
            var cursor: [UInt8]
            if number % 2 == 0, let one = given.randomElement(using: &random) {
                // One that is nearly right.
                cursor = Array(one.utf8)
                let place = Int.random(in: 0...cursor.count, using: &random)
                switch random.next() % 4 {
                case 0: cursor.insert(contentsOf: random.bytes(1, of: Array("0+-a ".utf8)), at: place)
                case 1 where place < cursor.count: cursor.remove(at: place)
                case 2 where place < cursor.count: cursor[place] = random.bytes(1)[0]
                default: cursor = Array(one.uppercased().utf8)
                }
            } else {
                cursor = Self.text(&random, of: pieces)
            }
            guard !cursor.contains(UInt8(ascii: "&")) else { continue }
            let answer = client.send("GET", Array("/keys?limit=1&cursor=".utf8) + cursor)
            let parts = String(decoding: cursor, as: UTF8.self).split(separator: "-", omittingEmptySubsequences: false)
            let spelled =
                parts.count == 3
                && parts.allSatisfy { part in
                    UInt64(part, radix: 16).map { String($0, radix: 16) == part } ?? false
                }
            let isOurs = spelled && parts[0] == "abc" && UInt64(parts[1], radix: 16)! < 4
            #expect(answer.status == (isOurs ? 200 : 400), "\(String(decoding: cursor, as: UTF8.self))")
        }
    }
}
