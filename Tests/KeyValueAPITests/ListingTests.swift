import KeyValueAPI
import KeyValueStore
import Testing

/// `GET /keys/`: the keys, page by page.
@Suite struct ListingTests {
    private func filledClient(_ count: Int, shards: Int = 4) -> InProcessClient {
        let client = InProcessClient(shards: shards)
        for number in 0..<count { client.put("key-\(number)", "\(number)") }
        return client
    }

    @Test(arguments: ["/keys", "/keys/", "/keys?", "/keys/?limit=10", "/keys?prefix=", "http://any.host/keys/"])
    func `a listing is one key a line`(target: String) {
        let client = filledClient(3)
        let answer = client.send("GET", target)
        #expect(answer.status == 200)
        #expect(answer.names == ["Cache-Control", "Content-Type", "Date", "Vary"])
        #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
        #expect(answer.text.hasSuffix("\n"))
        #expect(answer.lines.sorted() == ["key-0", "key-1", "key-2"])
        #expect(answer.route == .collection)
        let head = client.send("HEAD", target)
        #expect(head.status == 200)
        #expect(head.names == answer.names)
        #expect(head.content == answer.content)
    }

    @Test func `an empty store has an empty listing`() {
        let client = InProcessClient(shards: 4)
        let answer = client.send("GET", "/keys/")
        #expect(answer.status == 200)
        #expect(answer.content.isEmpty)
        #expect(answer["Link"] == nil)
        #expect(client.send("GET", "/keys/", ["Accept": "application/json"]).text == "{\"keys\":[],\"cursor\":null}\n")
    }

    @Test func `JSON tells size, tag and time to live`() throws {
        let client = InProcessClient(clock: HandClock().clock)
        client.put("a", "four")
        client.put("b%22%5C%0A?ttl=1.5", "")
        let answer = client.send("GET", "/keys/", ["Accept": "application/json"])
        #expect(answer["Content-Type"] == "application/json")
        let keys = try client.listedAsJSON(answer).sorted { $0.key < $1.key }
        #expect(
            keys == [
                .init(key: "a", size: 4, etag: #""abc-1""#, ttl: nil),
                .init(key: "b%22%5C%0A", size: 0, etag: #""abc-2""#, ttl: 2),
            ])
        for key in keys { #expect(client.get(key.key)["ETag"] == key.etag) }
        // A key that never expires has a null, not a gap.
        #expect(answer.text.contains(#""ttl":null"#))
    }

    @Test(arguments: [1, 4, 64])
    func `pages of any size give each key once`(shards: Int) {
        let count = 40
        let client = filledClient(count, shards: shards)
        let expected = (0..<count).map { "key-\($0)" }.sorted()
        for limit in 1...count + 1 {
            let pages = client.pages("?limit=\(limit)")
            #expect(pages.flatMap(\.lines).sorted() == expected, "limit \(limit)")
            #expect(pages.allSatisfy { $0.lines.count <= limit }, "limit \(limit)")
            #expect(pages.last?["Link"] == nil)
            // A page is short only where the walk has come far, which it does not here.
            #expect(pages.dropLast().allSatisfy { $0.lines.count == limit }, "limit \(limit)")
        }
    }

    @Test func `pages go on in the form that each asks for`() throws {
        let client = filledClient(10)
        let first = client.send("GET", "/keys?limit=6", ["Accept": "application/json"])
        let rest = client.send("GET", try #require(first.nextTarget))
        let keys = try client.listedAsJSON(first).map(\.key)
        #expect(keys.count == 6)
        let cursor = try #require(first.text.split(separator: "\"cursor\":\"").last?.prefix { $0 != "\"" })
        #expect(first.nextTarget?.hasSuffix("&cursor=\(cursor)") == true)
        #expect(client.send("GET", "/keys?cursor=\(cursor)").lines.sorted() == rest.lines.sorted())
        #expect(Set(keys).union(rest.lines).count == 10)
    }

    @Test func `a page has a thousand keys where nothing is said`() {
        let client = filledClient(1_500, shards: 64)
        #expect(client.pages().map(\.lines.count) == [1_000, 500])
        #expect(client.send("GET", "/keys?limit=10000").lines.count == 1_500)
    }

    @Test(arguments: [
        ("a", ["a", "a%2Fb%2F", "aa", "a%26b%3Dc", "a%20b"]), ("b", ["b"]),
        ("%61", ["a", "a%2Fb%2F", "aa", "a%26b%3Dc", "a%20b"]),
        ("a/", ["a%2Fb%2F"]), ("a%2f", ["a%2Fb%2F"]), ("a%26", ["a%26b%3Dc"]), ("a%20", ["a%20b"]), ("c", []),
        ("%FF", ["%FF%00"]), ("aaa", []), ("a%2B", []),
    ])
    func `a prefix is bytes, percent-encoded, and stays with the pages`(prefix: String, keys: [String]) {
        let client = InProcessClient(shards: 8)
        for key in ["a", "a/b/", "aa", "a%26b%3Dc", "a%20b", "b", "%ff%00"] { client.put(key, "v") }
        #expect(client.listed("?prefix=\(prefix)").sorted() == keys.sorted())
        #expect(client.listed("?prefix=\(prefix)&limit=1").sorted() == keys.sorted())
    }

    @Test func `a listed key is the target that it is stored under`() {
        let client = InProcessClient(shards: 4)
        let slashes = ["/", "//", "a/b", "a//b", "/a", "a/", "./a", "a/./b", "a/..", "../..", "a/b/c", "...", "a/.b"]
        var keys = Set((0...255).map { [UInt8($0)] } + slashes.map { Array($0.utf8) })
        // Alone they are segments that clients remove, whatever their spelling.
        #expect(keys.contains(Array(".".utf8)))
        keys.insert(Array(0...255))
        for key in keys { #expect(client.send("PUT", "/keys/\(escaped(key))", [:], .whole(key)).status == 201) }
        let lines = client.listed("?limit=7")
        #expect(lines.count == keys.count)
        #expect(Set(lines.map { client.get($0).content }) == keys)
        for line in lines {
            #expect(
                line.utf8.allSatisfy {
                    $0 > 0x20 && $0 < 0x7f && ![0x22, 0x26, 0x2b, 0x3c, 0x3e, 0x3f, 0x23].contains($0)
                })
            // What a client that normalises paths would make another key of.
            let segments = line.split(separator: "/", omittingEmptySubsequences: false)
            #expect(segments.count == 1 || !segments.contains { ["", ".", ".."].contains($0) }, "\(line)")
        }
    }

    @Test(arguments: ["0", "-1", "%2B5", "1.5", "", "abc", "10001", "99999999999999999999", "%31", " 5"])
    func `a limit out of range is refused by its text`(limit: String) {
        let answer = filledClient(1).send("GET", "/keys?limit=\(limit)")
        #expect(answer.status == 400)
        #expect(answer.text == "limit '\(limit)' is not a whole number from 1 to 10000\n")
    }

    @Test(arguments: [
        "", "x", "abc", "abc-0", "abc-0-", "abc--0", "-0-0", "abd-0-0", "0-0-0", "abc-4-0", "abc-ffffffffffffffff-0",
        "abc-0-10000000000000000", "abc-0-0-0", "abc--1-0", "abc-0--1", "abc-g-0", "abc-0-g", "abc-0-%30", "%2Babc-0-0",
        "abc-%2B0-0", "abc-0-%2B0", "ABC-0-0",
        "abc-0-A", "0abc-0-0", "abc-00-0", "abc-0-00", "abc-0-0a",
    ])
    func `a cursor that this run has not given out is refused`(cursor: String) {
        let answer = filledClient(3).send("GET", "/keys?cursor=\(cursor)")
        #expect(answer.status == 400)
        #expect(answer.text == "cursor '\(cursor)' is not one that this run of the service has given out\n")
    }

    @Test func `other queries are refused by what is wrong with them`() {
        let client = InProcessClient(keyBytes: 8)
        for (query, status, text) in [
            ("prefix=%zz", 400, "'%zz' in the prefix is not a percent escape of two hex digits"),
            ("prefix=123456789", 414, "the prefix has 9 bytes; the limit is 8 bytes"),
            ("x=1", 400, "unknown query parameter 'x'"), ("ttl=1", 400, "unknown query parameter 'ttl'"),
            ("limit=1&limit=1", 400, "query parameter 'limit' is given more than once"),
            ("all=true", 400, "unknown query parameter 'all'"),
        ] {
            let answer = client.send("GET", "/keys/?\(query)")
            #expect(answer.status == status)
            #expect(answer.text == "\(text)\n")
        }
    }

    @Test func `what has expired is not listed, swept or not`() {
        let clock = HandClock()
        let client = InProcessClient(shards: 4, clock: clock.clock)
        for number in 0..<20 { client.put("\(number)\(number < 10 ? "?ttl=5" : "")", "v") }
        clock.advance(by: .seconds(5))
        let expected = (10..<20).map(String.init).sorted()
        for _ in 0..<2 {
            #expect(client.listed("?limit=3").sorted() == expected)
            #expect(client.store.sweep().removedCount <= 10)
        }
        #expect(client.keyCount == 10)
    }

    @Test func `a request goes over so many keys and then says where to go on`() {
        let client = filledClient(30_000, shards: 16)
        client.put("needle", "v")
        let pages = client.pages("?prefix=needle")
        #expect((3...5).contains(pages.count))
        #expect(pages.flatMap(\.lines) == ["needle"])
    }

    @Test func `a page of long keys ends at 256 KiB, and the next goes on`() {
        let client = InProcessClient(shards: 2)
        for number in 1_000..<2_000 { client.put("\(number)" + String(repeating: "%01", count: 1_000), "v") }
        let pages = client.pages("?limit=10000")
        #expect(pages.count > 10)
        #expect(pages.allSatisfy { $0.content.count < (256 << 10) + 4_096 })
        #expect(Set(pages.flatMap(\.lines)).count == 1_000)
        #expect(pages.flatMap(\.lines).count == 1_000)
    }

    @Test func `the answers that Accept chooses among say so, and caches ask for each again`() {
        let client = filledClient(2)
        for (target, accept) in [
            ("/keys", "text/plain"), ("/keys?limit=1", "application/json"), ("/nothing", "*/*"), ("/keys/none", "*/*"),
            ("/nothing", "application/json"), ("/keys?limit=0", "application/json"),
        ] {
            for method in ["GET", "HEAD"] {
                let answer = client.send(method, target, ["Accept": accept])
                #expect(answer["Vary"] == "Accept")
                #expect(answer["Cache-Control"] == "no-cache")
            }
        }
    }

    @Test(arguments: [400, 1_333, 1_334, 1_400, 3_000])
    func `a walk that has begun can be finished, however its prefix is escaped`(count: Int) {
        let client = InProcessClient(keyBytes: 4_096)
        let raw = [UInt8](repeating: UInt8(ascii: "!"), count: count)
        for last in ["a", "b", "c"] {
            #expect(client.send("PUT", Array("/keys/".utf8) + raw + Array(last.utf8), [:], .whole([1])).status == 201)
        }
        let first = client.send("GET", Array("/keys?limit=1&prefix=".utf8) + raw)
        guard count <= 1_333 else {
            #expect(first.status == 414)
            #expect(first.text == "the prefix has \(3 * count) bytes, percent-encoded; the limit is 4000\n")
            return
        }
        let query = "?limit=1&prefix=" + String(decoding: raw, as: UTF8.self)
        let pages = client.pages(query)
        #expect(pages.allSatisfy { $0.status == 200 })
        #expect(Set(pages.flatMap(\.lines)).count == 3)
    }

    @Test func `a prefix that leaves no room for a link is refused`() {
        let client = InProcessClient(keyBytes: 3_000)
        #expect(client.send("GET", "/keys/?prefix=" + String(repeating: "a", count: 4_001)).status == 414)
        client.put(String(repeating: "%61", count: 1_333) + "a", "v")
        client.put(String(repeating: "%61", count: 1_333) + "b", "v")
        let pages = client.pages("?limit=1&prefix=" + String(repeating: "%61", count: 1_333))
        #expect(pages.flatMap(\.lines).count == 2)
    }
}
