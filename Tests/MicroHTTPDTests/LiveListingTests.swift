import Foundation
import MicroHTTPD
import TestSupport
import Testing

/// Walks over all keys, page by page.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LiveListingTests {
    @Test func `a walk comes to every key once, in pages of the size that is asked for`() async throws {
        let keys = 0..<1_003
        try await withServer { live in
            live.fill(keys.map { "key \($0)/x" })
            let client = try live.connect()
            for limit in [5, 500, 1_002, 1_003, 10_000] {
                let pages = try walk(client, "/keys?limit=\(limit)")
                #expect(pages.allSatisfy { $0.count <= limit })
                #expect(pages.joined().sorted() == keys.map { "key%20\($0)/x" }.sorted())
            }
            // 1000 where nothing is said.
            let first = try client.exchange("GET", "/keys/")
            #expect(first.text.split(separator: "\n").count == 1_000)
            #expect(first["Content-Type"] == "text/plain; charset=utf-8")
            #expect(first["Link"]?.hasPrefix("<?prefix=&limit=1000&cursor=") == true)
            let head = try client.exchange("HEAD", "/keys/")
            #expect(head["Content-Length"] == first["Content-Length"])
            #expect(head["Link"] == first["Link"])
        }
    }

    @Test func `while others write and delete, keys that stay are listed exactly once`() async throws {
        let staying = (0..<sized(2_000, underThreadSanitizer: 500)).map { "s\($0)" }
        try await withServer { live in
            live.fill(staying)
            let isDone = Flag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                // Also where the walk fails: the group waits for those who write.
                defer { isDone.raise() }
                for number in 0..<2 {
                    group.addTask { try writeAndDelete(live, number, until: isDone) }
                }
                let client = try live.connect()
                for limit in [50, 333, 1_000] {
                    let seen = try walk(client, "/keys/?limit=\(limit)").joined()
                    #expect(seen.filter { $0.hasPrefix("s") }.sorted() == staying.sorted())
                    #expect(Set(seen).count == seen.count)
                }
                isDone.raise()
                try await group.waitForAll()
            }
        }
    }

    @Test func `50,000 keys are walked in full, and by their prefix`() async throws {
        let count = sized(50_000, underThreadSanitizer: 25_000)
        try await withServer { live in
            live.fill((0..<count).map { "\($0)" })
            let client = try live.connect()
            let seen = try walk(client, "/keys/?limit=10000").joined()
            #expect(seen.count == count)
            #expect(Set(seen).count == count)
            // A request goes over so many keys only, so that there are pages with few of those that are wanted, or none.
            let some = try walk(client, "/keys/?prefix=2499")
            #expect(some.joined().sorted() == (["2499"] + (0...9).map { "2499\($0)" }).sorted())
            #expect(some.count > 1)
        }
    }

    @Test func `a listed key can be asked for as it stands`() async throws {
        try await withServer { live in
            let client = try live.connect()
            let keys = TargetTests.keys.map(\.key)
            for (target, key) in TargetTests.keys { _ = try client.put(target, key) }
            let listed = try walk(client, "/keys/?limit=5").joined()
            #expect(listed.count == Set(keys).count)
            for key in listed { #expect(keys.contains(try client.exchange("GET", "/keys/\(key)").body), "\(key)") }
            // The prefix is percent-encoded, in the query and in the link.
            _ = try client.put("%26%ff1", [1])
            _ = try client.put("%26%ff2", [1])
            let page = try client.exchange("GET", "/keys/?prefix=%26%FF&limit=1")
            #expect(page["Link"]?.hasPrefix("<?prefix=%26%FF&limit=1&cursor=") == true)
            #expect(try walk(client, "/keys/?prefix=%26%ff&limit=1").joined().sorted() == ["%26%FF1", "%26%FF2"])
        }
    }

    @Test func `as JSON each key comes with its size, tag and time`() async throws {
        try await withServer { live in
            let client = try live.connect()
            _ = try client.put("a%20b?ttl=1000", pattern(1_234))
            _ = try client.put("a", [])
            let response = try client.exchange("GET", "/keys/?prefix=a", "Accept: application/json\r\n")
            #expect(response["Content-Type"] == "application/json")
            let page = try JSONDecoder().decode(Page.self, from: Data(response.body))
            let byKey = Dictionary(uniqueKeysWithValues: page.keys.map { ($0.key, $0) })
            #expect(byKey.keys.sorted() == ["a", "a%20b"])
            #expect(byKey["a"]?.size == 0)
            #expect(byKey["a"]?.ttl == nil)
            #expect(byKey["a%20b"]?.size == 1_234)
            #expect(byKey["a%20b"]?.ttl.map { (900...1000).contains($0) } == true)
            for key in page.keys {
                let response = try client.exchange("GET", "/keys/\(key.key)", "If-None-Match: \(key.etag)\r\n")
                #expect(response.status == 304)
            }
            let none = try client.exchange("GET", "/keys/?prefix=none", "Accept: application/json\r\n")
            #expect(none.text == #"{"keys":[],"cursor":null}"# + "\n")
        }
    }

    private struct Page: Decodable {
        struct Key: Decodable {
            let key: String
            let size: Int
            let etag: String
            let ttl: Int?
        }
        let keys: [Key]
    }

    @Test(arguments: [
        ("limit=0", "limit '0' is not a whole number from 1 to 10000"),
        ("limit=10001", "limit '10001' is not a whole number from 1 to 10000"),
        ("limit=", "limit '' is not a whole number from 1 to 10000"),
        ("cursor=1-0-0", "cursor '1-0-0' is not one that this run of the service has given out"),
        ("cursor=abc-4-0", "cursor 'abc-4-0' is not one that this run of the service has given out"),
        ("cursor=", "cursor '' is not one that this run of the service has given out"),
        ("prefix=%zz", "'%zz' in the prefix is not a percent escape of two hex digits"),
        ("page=2", "unknown query parameter 'page'"),
        ("limit=1&limit=1", "query parameter 'limit' is given more than once"),
    ])
    func `a page that cannot be is refused by name`(query: String, detail: String) async throws {
        try await withServer { live in
            let response = try live.connect().exchange("GET", "/keys/?\(query)")
            #expect(response.status == 400)
            #expect(response.text == "\(detail)\n")
        }
    }
}

/// The keys of each page, from `target` on, as links lead to the next.
private func walk(_ client: RawClient, _ target: String) throws -> [[String]] {
    var pages: [[String]] = []
    var next: String? = target
    while let target = next {
        let response = try client.exchange("GET", target)
        guard response.status == 200 else { throw Unexpected("\(target): \(response)") }
        pages.append(response.text.split(separator: "\n").map(String.init))
        next = try response["Link"].map { link in
            guard link.hasPrefix("<"), link.hasSuffix(">; rel=\"next\"") else { throw Unexpected("a link: \(link)") }
            // Relative to the page.
            return String(target.prefix { $0 != "?" } + link.dropFirst().prefix { $0 != ">" })
        }
    }
    return pages
}

/// Creates, replaces and deletes keys of its own, over and over.
private func writeAndDelete(_ live: LiveServer, _ number: Int, until isDone: Flag) throws {
    let client = try live.connect()
    var step = 0
    while !isDone.isRaised {
        // Grows at first, so that tables do so under the walk.
        let key = "w\(number)-\(step % 3_000)"
        _ = try client.put(key, [1])
        if step % 3 == 0 { _ = try client.exchange("DELETE", "/keys/w\(number)-\(step / 2 % 3_000)") }
        step += 1
    }
}
