import KeyValueAPI
import Testing

/// `POST` with `op=getset`, `op=getdel` and `op=touch`, and POSTs that name no operation.
@Suite struct GetSetGetDeleteTouchTests {
    private let clock = HandClock()

    private func makeClient() -> InProcessClient { InProcessClient(clock: clock.clock, valueBytes: 100) }

    @Test func `getset gives the old value back with the fields stored with it`() {
        let client = makeClient()
        client.put("a", "old", ["Content-Type": "text/old", "Latchkey-Meta-By": "me", "Content-Encoding": "br"])
        let answer = client.post("a", "getset", "new", ["Content-Type": "text/new"])
        #expect(answer.status == 200)
        #expect(answer.text == "old")
        #expect(answer["Content-Type"] == "text/old")
        #expect(answer["Content-Encoding"] == "br")
        #expect(answer["Latchkey-Meta-By"] == "me")
        // With which to write again.
        #expect(answer["ETag"] == #""abc-2""#)
        #expect(client.get("a").text == "new")
        #expect(client.get("a")["Content-Type"] == "text/new")
        #expect(client.get("a")["ETag"] == #""abc-2""#)
        #expect(client.get("a")["Latchkey-Meta-By"] == nil)
        #expect(client.post("a", "getset", "newer")["Content-Type"] == "text/new")
    }

    @Test func `getset of a missing key creates, with nothing to give back`() {
        let client = makeClient()
        let answer = client.post("a", "getset", "new")
        #expect(answer.status == 201)
        #expect(answer.names == ["Date", "ETag"])
        #expect(answer.content.isEmpty)
        #expect(client.stored("a") == "new")
    }

    @Test func `getset is an overwrite to deadlines`() {
        let client = makeClient()
        client.put("a?ttl=10", "v")
        client.post("a", "getset&keepttl", "w")
        #expect(client.get("a")["Latchkey-TTL"] == "10")
        client.post("a", "getset&ttl=5", "x")
        #expect(client.get("a")["Latchkey-TTL"] == "5")
        client.post("a", "getset", "y")
        #expect(client.get("a")["Latchkey-TTL"] == nil)
        client.post("a", "getset&ttl=5", "z")
        clock.advance(by: .seconds(5))
        #expect(client.post("a", "getset", "after").status == 201)
    }

    @Test func `getset over the limit changes nothing`() {
        let client = makeClient()
        client.put("a", "old")
        let large = [UInt8](repeating: 1, count: 101)
        #expect(client.send("POST", "/keys/a?op=getset", [:], .whole(large)).status == 413)
        #expect(client.send("POST", "/keys/a?op=getset", [:], .chunked([large])).status == 413)
        #expect(client.get("a").text == "old")
    }

    @Test func `getdel gives the value back and removes it`() {
        let client = makeClient()
        client.put("a", "old", ["Content-Type": "text/old", "Latchkey-Meta-By": "me"])
        let answer = client.post("a", "getdel")
        #expect(answer.status == 200)
        #expect(answer.text == "old")
        #expect(
            answer.names == ["Cache-Control", "Content-Type", "Date", "Latchkey-Meta-By", "X-Content-Type-Options"])
        #expect(answer["Content-Type"] == "text/old")
        #expect(client.keyCount == 0)
        let again = client.post("a", "getdel")
        #expect(again.status == 404)
        #expect(again.text == "no value is stored under this key\n")
        client.put("b", "")
        #expect(client.post("b", "getdel")["Content-Type"] == "application/octet-stream")
    }

    @Test func `of concurrent takers of a value one gets it`() async throws {
        let client = makeClient()
        for key in 0..<50 { client.put("\(key)", "\(key)") }
        let taken = try await atOnce(8) { _ in
            (0..<50).compactMap { key in
                let answer = client.post("\(key)", "getdel")
                return answer.status == 200 ? answer.text : nil
            }
        }
        #expect(taken.flatMap { $0 }.compactMap { Int($0) }.sorted() == Array(0..<50))
    }

    @Test func `of concurrent exchanges each value is given back once`() async throws {
        let client = makeClient()
        let given = try await atOnce(8) { number in
            (0..<100).map { client.post("a", "getset", "\(number)-\($0)").text }
        }
        let all = given.flatMap { $0 }.filter { !$0.isEmpty } + [client.stored("a") ?? ""]
        #expect(all.count == 800)
        #expect(Set(all).count == 800)
    }

    @Test func `touch moves the deadline and leaves value and tag`() {
        let client = makeClient()
        client.put("a", "v", ["Content-Type": "text/x"])
        for (seconds, left) in [("60", "60"), ("0.5", "1"), ("2.000000001", "3"), ("none", nil), ("7", "7")] {
            let answer = client.post("a", "touch&ttl=\(seconds)")
            #expect(answer.status == 204)
            #expect(answer["ETag"] == #""abc-1""#)
            #expect(answer["Latchkey-TTL"] == left)
            #expect(answer.content.isEmpty)
            let value = client.get("a")
            #expect(value.text == "v")
            #expect(value["Content-Type"] == "text/x")
            #expect(value["ETag"] == #""abc-1""#)
            #expect(value["Latchkey-TTL"] == left)
        }
        clock.advance(by: .seconds(7))
        #expect(client.post("a", "touch&ttl=7").status == 404)
        #expect(client.post("missing", "touch&ttl=none").status == 404)
    }

    @Test func `a value written once may be touched many times`() {
        let client = makeClient()
        client.put("a?ttl=2", "v")
        for _ in 0..<100 {
            clock.advance(by: .seconds(1))
            #expect(client.post("a", "touch&ttl=2").status == 204)
        }
        #expect(client.get("a")["ETag"] == #""abc-1""#)
        clock.advance(by: .seconds(2))
        #expect(client.get("a").status == 404)
    }

    @Test(arguments: ["getset", "getdel", "touch&ttl=5"])
    func `conditions are those of any write`(operation: String) {
        let client = makeClient()
        client.put("a", "old")
        let body = operation == "getset" ? "new" : nil
        for fields in [["If-Match": #""abc-2""#], ["If-None-Match": "*"], ["If-None-Match": #"W/"abc-1""#]]
            as [InProcessClient.Fields]
        {
            let answer = client.post("a", operation, body, fields)
            #expect(answer.status == 412)
            #expect(answer["ETag"] == #""abc-1""#)
            #expect(client.get("a").text == "old")
            #expect(client.get("a")["Latchkey-TTL"] == nil)
        }
        #expect(client.post("a", operation, body, ["If-Match": "x"]).status == 400)
        #expect([200, 204].contains(client.post("a", operation, body, ["If-Match": #""abc-1""#]).status))
    }

    @Test(arguments: ["getdel", "touch&ttl=5"])
    func `a missing key is not found, whatever the condition`(operation: String) {
        for list in ["*", #""abc-1""#] {
            #expect(makeClient().post("a", operation, nil, ["If-Match": list]).status == 404)
            #expect(makeClient().post("a", operation, nil, ["If-None-Match": list]).status == 404)
        }
    }

    @Test(arguments: [
        ("", "POST needs the query parameter 'op': incr, append, getdel, getset or touch"),
        ("?by=1", "POST needs the query parameter 'op': incr, append, getdel, getset or touch"),
        ("?op=", "op '' is not incr, append, getdel, getset or touch"),
        ("?op=INCR", "op 'INCR' is not incr, append, getdel, getset or touch"),
        ("?op=incr&op=incr", "query parameter 'op' is given more than once"), ("?x=1", "unknown query parameter 'x'"),
        ("?op=incr&keepttl", "query parameter 'keepttl' does not go with op=incr"),
        ("?op=append&by=1", "query parameter 'by' does not go with op=append"),
        ("?op=append&keepttl", "query parameter 'keepttl' does not go with op=append"),
        ("?op=getdel&ttl=1", "query parameter 'ttl' does not go with op=getdel"),
        ("?op=getdel&by=1", "query parameter 'by' does not go with op=getdel"),
        ("?op=getset&by=1", "query parameter 'by' does not go with op=getset"),
        ("?op=getset&ttl=1&keepttl", "query parameters 'ttl' and 'keepttl' exclude each other"),
        ("?op=touch", "op=touch needs the query parameter 'ttl': a number of seconds, or none"),
        ("?op=touch&ttl=none&keepttl", "query parameter 'keepttl' does not go with op=touch"),
        ("?op=touch&ttl=None", "ttl 'None' is not a number of seconds above 0 and at most 315576000"),
        ("?op=touch&ttl=0", "ttl '0' is not a number of seconds above 0 and at most 315576000"),
    ])
    func `a POST that says no sensible operation is refused before its content`(query: String, text: String) {
        let client = makeClient()
        let answer = client.send("POST", "/keys/a\(query)", [:], .whole([1]))
        #expect(answer.status == 400)
        #expect(answer.text == "\(text)\n")
        #expect(answer.reception == .skip)
        #expect(client.send("POST", "/keys/a\(query)", ["Expect": "100-continue"], .whole([1])).reception == .refuse)
        #expect(client.acquisitions == 0)
    }
}
