import TestSupport
import Testing

/// `latchkey list` against the server itself.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct ServedListTests {
    /// What a page has where nothing else is asked for.
    private static let pageSize = 1000

    @Test func `a list gives every key of several pages once`() async throws {
        try await withCurl { curl in
            #expect(try curl("-X", "PUT", "\(curl.url)/keys/a/[1-2500]", "\(curl.url)/keys/b/[1-50]").code == 0)
            let all = try curl.latchkey("list")
            #expect(all.code == 0 && all.errors.isEmpty)
            let keys = all.output.split(separator: "\n")
            #expect(keys.count == 2550)
            #expect(Set(keys) == Set((1...2500).map { "a/\($0)" } + (1...50).map { "b/\($0)" }))
            try repeatUntil("count three pages") { try curl.requestCount(route: "/keys/", code: 200) >= 3 }
            #expect(try curl.requestCount(route: "/keys/", code: 200) == 3)

            let part = try curl.latchkey("list", "b/").output.split(separator: "\n")
            #expect(part.count == 50)
            #expect(Set(part) == Set((1...50).map { "b/\($0)" }))
            #expect(try curl.latchkey("list", "c") == .init(code: 0, output: "", errors: ""))
            #expect(try curl("-X", "PUT", "\(curl.url)/keys/c%20+d").code == 0)
            #expect(try curl.latchkey("list", "c +").output == "c%20%2Bd\n")
        }
    }

    @Test(arguments: [1, 999, 1000, 1001, 2200, 2500, 9999])
    func `a list ends at its limit, on whichever page it is`(limit: Int) async throws {
        try await withCurl { curl in
            #expect(try curl("-X", "PUT", "\(curl.url)/keys/a/[1-2500]").code == 0)
            let list = try curl.latchkey("list", "a/", "--limit", "\(limit)")
            #expect(list.code == 0)
            let keys = list.output.split(separator: "\n")
            let count = min(limit, 2500)
            #expect(keys.count == count)
            #expect(Set(keys).count == count)
            #expect(Set(keys).isSubset(of: (1...2500).map { "a/\($0)" }))
            let pages = (count + Self.pageSize - 1) / Self.pageSize
            try repeatUntil("count the pages") { try curl.requestCount(route: "/keys/", code: 200) >= pages }
            #expect(try curl.requestCount(route: "/keys/", code: 200) == pages)
        }
    }

    @Test func `odd keys are listed so that decoding gives what get takes`() async throws {
        try await withCurl { curl in
            let texts = [
                "/", "a//b", "a/b/", "..", ".", "a/../b", "a b", " ", "a%2Fb", "+", "-d", "é", "e\u{301}", "\n",
            ]
            let keys =
                texts.map { Array($0.utf8) } + [[0xff], [0x61, 0xff, 0x2f, 0xc3, 0x20], [0xed, 0xa0, 0x80, 0x2f]]
            for key in keys {
                let file = try curl.write("value", key)
                #expect(try curl.latchkey("put", key: key, input: file).code == 0, "\(key)")
            }
            let lines = try curl.latchkey("list").output.split(separator: "\n")
            #expect(lines.count == keys.count)
            let listed = try lines.map { try #require(Self.decoded($0), "\($0)") }
            #expect(Set(listed) == Set(keys))
            for key in listed {
                let get = try curl.latchkey(["get"], key: key)
                #expect(try get.output { _ in false } == key)
                #expect(try get.outcome().code == 0)
            }
            // A prefix is taken as it is as well, also in the midst of a character.
            let invalid = try curl.latchkey("list", key: [0x61, 0xff]).output
            #expect(invalid == "a%FF/%C3%20\n")
            let slashes = try curl.latchkey("list", key: Array("a/".utf8)).output
            #expect(Set(slashes.split(separator: "\n")) == ["a%2F%2Fb", "a%2Fb%2F", "a%2F..%2Fb"])
        }
    }

    /// A line of a list as the key that it stands for.
    private static func decoded(_ line: Substring) -> [UInt8]? {
        let parts = line.split(separator: "%", omittingEmptySubsequences: false)
        var key = Array(parts[0].utf8)
        for part in parts.dropFirst() {
            guard part.utf8.count >= 2, let byte = UInt8(part.prefix(2), radix: 16) else { return nil }
            key.append(byte)
            key += part.dropFirst(2).utf8
        }
        return key
    }
}
