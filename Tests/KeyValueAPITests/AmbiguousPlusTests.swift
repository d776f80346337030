import HTTPMessages
import KeyValueAPI
import KeyValueStore
import Testing

/// A raw `+` in a query's value, which forms write for a blank and URLs for a plus.
@Suite struct AmbiguousPlusTests {
    @Test(arguments: [
        "DELETE /keys?prefix=plus/a+b", "DELETE /keys/?prefix=+", "DELETE /keys?prefix=plus/a%20b+",
        "DELETE /keys?all=true+",
        "GET /keys?prefix=a+b", "HEAD /keys?prefix=a+b", "GET /keys?limit=+5", "GET /keys?cursor=a+b",
        "PUT /keys/new?ttl=+5", "PUT /keys/new?ttl=1e+1", "PUT /keys/new?keepttl=+", "POST /keys/n?op=incr&by=+3",
        "POST /keys/n?op=+incr", "POST /keys/n?op=append&ttl=+5", "POST /keys/n?op=getset&ttl=+5",
        "POST /keys/n?op=touch&ttl=+5",
    ])
    func `it is refused in every value, and nothing is done`(request: String) throws {
        let client = InProcessClient()
        client.put("plus/a+b", "plus")
        client.put("plus/a%20b", "blank")
        client.put("n", "1")
        let lookUps = client.store.statistics(ofShard: 0).counts
        let parts = request.split(separator: " ").map(String.init)
        let hasContent = parts[0] == "PUT" || parts[1].contains("append") || parts[1].contains("getset")
        let answer = client.send(parts[0], parts[1], [:], hasContent ? .whole([0x31]) : .none)
        #expect(answer.status == 400)
        let parameter = try #require(parts[1].split(whereSeparator: { "?&".contains($0) }).last { $0.contains("+") })
        let name = parameter.prefix { $0 != "=" }
        #expect(
            answer.text == "'+' in query parameter '\(name)' is ambiguous: write %20 for a blank, %2B for a plus\n")
        // Where there is content, it is not waited for.
        if hasContent { #expect(answer.reception != .take) }
        #expect(client.store.statistics(ofShard: 0).counts.hits == lookUps.hits)
        #expect(client.store.statistics(ofShard: 0).counts.misses == lookUps.misses)
        #expect(client.keyCount == 3)
        #expect(client.get("n").text == "1")
    }

    @Test func `a blank and a plus are told apart where they are encoded`() async throws {
        let client = InProcessClient()
        client.put("plus/a+b", "plus")
        client.put("plus/a%20b", "blank")
        #expect(client.send("GET", "/keys?prefix=plus/a%2B").text == "plus/a%2Bb\n")
        #expect(client.send("GET", "/keys?prefix=plus/a%20").text == "plus/a%20b\n")
        let removal = client.begin("DELETE", Array("/keys?prefix=plus/a%20b".utf8))
        #expect(await (try #require(removal.waiting)).answer().text == "1\n")
        #expect(client.get("plus/a+b").text == "plus")
        #expect(client.get("plus/a%20b").status == 404)
    }

    @Test func `in a key and where the query is ignored it is a plus as ever`() {
        let client = InProcessClient()
        client.put("a+b", "v")
        #expect(client.get("a%2Bb").text == "v")
        #expect(client.send("GET", "/livez?a=b+c").status == 200)
        #expect(client.send("OPTIONS", "/keys?prefix=+").status == 204)
    }
}
