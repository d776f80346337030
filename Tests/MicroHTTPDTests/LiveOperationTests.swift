import MicroHTTPD
import TestSupport
import Testing

/// Operations on one key, by POST.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LiveOperationTests {
    @Test func `incr counts from 0, in 64 bits, and keeps what is stored with the number`() async throws {
        try await withServer { live in
            let client = try live.connect()
            for (query, status, text) in [
                ("", 201, "1"), ("", 200, "2"), ("&by=40", 200, "42"), ("&by=-50", 200, "-8"),
                ("&by=-9223372036854775800", 200, "-9223372036854775808"),
            ] {
                let response = try client.exchange("POST", "/keys/n?op=incr\(query)")
                #expect(response.status == status)
                #expect(response.text == text)
                #expect(response["Content-Type"] == "text/plain; charset=utf-8")
                let read = try client.exchange("GET", "/keys/n")
                #expect(read.text == text)
                #expect(read["ETag"] == response["ETag"])
            }
            let overflow = try client.exchange("POST", "/keys/n?op=incr&by=-1")
            #expect(overflow.statusLine == "HTTP/1.1 409 Conflict")
            #expect(overflow.text == "-9223372036854775808 and -1 add up to more than 64 bits hold\n")
            _ = try client.put("m?ttl=1000", Array("41".utf8), "Content-Type: text/x\r\nLatchkey-Meta-A: b\r\n")
            #expect(try client.exchange("POST", "/keys/m?op=incr").text == "42")
            let read = try client.exchange("GET", "/keys/m")
            #expect(read["Content-Type"] == "text/x")
            #expect(read["Latchkey-Meta-A"] == "b")
            #expect(read["Latchkey-TTL"] != nil)
            for value in ["", "x", "1.5", "+1", " 1", "9223372036854775808"] {
                _ = try client.put("text", Array(value.utf8))
                #expect(try client.exchange("POST", "/keys/text?op=incr").status == 409, "'\(value)'")
                #expect(try client.exchange("GET", "/keys/text").text == value)
            }
        }
    }

    @Test func `increments from 16 clients add up, and no two get the same number`() async throws {
        let steps = sized(50, underThreadSanitizer: 20)
        try await withServer { live in
            let numbers = try await eachOnItsOwn(16) { _ in
                let client = try live.connect()
                return try (0..<steps).map { _ in Int(try client.exchange("POST", "/keys/n?op=incr").text) }
            }
            #expect(Set(numbers.joined()) == Set((1...16 * steps).map { Int?.some($0) }))
            #expect(live.stored(Array("n".utf8)) == Array("\(16 * steps)".utf8))
        }
    }

    @Test func `append adds to the end, in whatever form the content comes`() async throws {
        try await withServer({ $0.valueBytes = 100 }) { live in
            let client = try live.connect()
            let created = try client.exchange(
                "POST", "/keys/a?op=append&ttl=1000", "Content-Type: text/x\r\n", content: Array("one".utf8))
            #expect(created.status == 201)
            #expect(created["ETag"] == #""abc-1""#)
            let more = try client.exchange(
                "POST", "/keys/a?op=append", "Content-Type: text/y\r\n", content: Array(" two".utf8))
            #expect(more.status == 204)
            #expect(more["ETag"] == #""abc-2""#)
            let chunked = try live.connect()
            try chunked.send(
                "POST /keys/a?op=append HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "2\r\n t\r\n4\r\nhree\r\n0\r\n\r\n")
            #expect(try chunked.response().status == 204)
            let read = try client.exchange("GET", "/keys/a")
            #expect(read.text == "one two three")
            #expect(read["Content-Type"] == "text/x")
            #expect(read["Latchkey-TTL"] != nil)
            let tooLong = try client.exchange("POST", "/keys/a?op=append", content: pattern(88))
            #expect(tooLong.status == 413)
            #expect(tooLong.text == "the value would have 101 bytes; the limit is 100 bytes\n")
            #expect(try client.exchange("POST", "/keys/a?op=append", content: pattern(87)).status == 204)
            #expect(try client.exchange("GET", "/keys/a").body == Array("one two three".utf8) + pattern(87))
        }
    }

    @Test func `what 8 clients append is all there, each client's in its order`() async throws {
        let steps = sized(30, underThreadSanitizer: 10)
        try await withServer { live in
            try await eachOnItsOwn(8) { number in
                let client = try live.connect()
                for step in 0..<steps {
                    let line = Array("\(number) \(step)\n".utf8)
                    #expect(
                        [201, 204].contains(try client.exchange("POST", "/keys/a?op=append", content: line).status))
                }
            }
            let lines = try live.get("a").text.split(separator: "\n")
            #expect(lines.count == 8 * steps)
            for number in 0..<8 {
                #expect(lines.filter { $0.hasPrefix("\(number) ") } == (0..<steps).map { "\(number) \($0)" })
            }
        }
    }

    @Test func `what is appended does not change what somebody reads slowly`() async throws {
        try await withServer { live in
            let (old, more) = (pattern(8_000_000, seed: 1), pattern(1_000, seed: 2))
            try live.put("a", old)
            let reader = try live.connect(receiveBuffer: 4096)
            try reader.send("GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n")
            let head = try reader.head()
            #expect(head["Content-Length"] == "8000000")
            #expect(try live.connect().exchange("POST", "/keys/a?op=append", content: more).status == 204)
            #expect(areSame(try reader.bytes(old.count), old[...]))
            #expect(areSame(try reader.exchange("GET", "/keys/a").body, (old + more)[...]))
        }
    }

    @Test func `getdel gives the value back and removes it, getset puts another in its place`() async throws {
        try await withServer { live in
            let client = try live.connect()
            let created = try client.exchange(
                "POST", "/keys/a?op=getset&ttl=1000", "Content-Type: text/x\r\nLatchkey-Meta-A: b\r\n",
                content: Array("first".utf8))
            #expect(created.status == 201)
            #expect(created["ETag"] == #""abc-1""#)
            #expect(created.body.isEmpty)
            let replaced = try client.exchange("POST", "/keys/a?op=getset&keepttl", content: pattern(5_000))
            #expect(replaced.status == 200)
            #expect(replaced["ETag"] == #""abc-2""#)
            #expect(replaced.text == "first")
            #expect(replaced["Content-Type"] == "text/x")
            #expect(replaced["Latchkey-Meta-A"] == "b")
            let read = try client.exchange("GET", "/keys/a")
            #expect(read.body == pattern(5_000))
            #expect(read["Latchkey-TTL"] != nil)
            let removed = try client.exchange("POST", "/keys/a?op=getdel")
            #expect(removed.status == 200)
            #expect(removed.body == pattern(5_000))
            #expect(removed["ETag"] == nil)
            #expect(removed["Content-Type"] == "application/octet-stream")
            for request in [("GET", "/keys/a"), ("POST", "/keys/a?op=getdel"), ("POST", "/keys/a?op=touch&ttl=1")] {
                #expect(try client.exchange(request.0, request.1).status == 404)
            }
        }
    }

    @Test func `touch moves the deadline and nothing else`() async throws {
        try await withServer { live in
            let client = try live.connect()
            _ = try client.put("a", pattern(10), "Content-Type: text/x\r\n")
            for (time, range) in [("1000", 900...1000), ("2000.5", 1900...2001), ("none", nil)]
                as [(String, ClosedRange<Int>?)]
            {
                let touched = try client.exchange("POST", "/keys/a?op=touch&ttl=\(time)")
                #expect(touched.status == 204)
                #expect(touched["ETag"] == #""abc-1""#)
                let read = try client.exchange("GET", "/keys/a")
                #expect(read.body == pattern(10))
                #expect(read["Content-Type"] == "text/x")
                #expect(read["ETag"] == #""abc-1""#)
                for response in [touched, read] {
                    let seconds = response["Latchkey-TTL"].flatMap { Int($0) }
                    #expect(range.map { seconds.map($0.contains) == true } ?? (seconds == nil), "\(time)")
                }
            }
        }
    }

    @Test(arguments: ["incr", "append", "getset", "getdel", "touch&ttl=1000"])
    func `every operation keeps to its condition`(operation: String) async throws {
        try await withServer { live in
            let client = try live.connect()
            let content = ["append", "getset"].contains(operation) ? Array("1".utf8) : []
            let post = { try client.exchange("POST", "/keys/a?op=\(operation)", $0, content: content) }
            _ = try client.put("a", Array("7".utf8))
            for fields in ["If-Match: \"abc-9\"\r\n", "If-None-Match: *\r\n", "If-None-Match: \"abc-1\"\r\n"] {
                let refused = try post(fields)
                #expect(refused.status == 412, "\(fields)")
                #expect(refused["ETag"] == #""abc-1""#, "\(fields)")
            }
            let read = try client.exchange("GET", "/keys/a")
            #expect(read.text == "7")
            #expect(read["Latchkey-TTL"] == nil)
            #expect([200, 204].contains(try post("If-Match: \"abc-1\"\r\n").status))
        }
    }

    @Test(arguments: [
        ("", "POST needs the query parameter 'op': incr, append, getdel, getset or touch"),
        ("op=", "op '' is not incr, append, getdel, getset or touch"),
        ("op=INCR", "op 'INCR' is not incr, append, getdel, getset or touch"),
        ("op=incr&op=incr", "query parameter 'op' is given more than once"),
        ("op=incr&to=1", "unknown query parameter 'to'"),
        ("op=incr&by=1.5", "by '1.5' is not a whole number from -9223372036854775808 to 9223372036854775807"),
        ("op=incr&keepttl", "query parameter 'keepttl' does not go with op=incr"),
        ("op=append&by=1", "query parameter 'by' does not go with op=append"),
        ("op=getdel&ttl=1", "query parameter 'ttl' does not go with op=getdel"),
        ("op=getset&by=1", "query parameter 'by' does not go with op=getset"),
        ("op=touch", "op=touch needs the query parameter 'ttl': a number of seconds, or none"),
        ("op=touch&ttl=0", "ttl '0' is not a number of seconds above 0 and at most 315576000"),
    ])
    func `what is no operation is refused, and changes nothing`(query: String, detail: String) async throws {
        try await withServer { live in
            let client = try live.connect()
            _ = try client.put("a", Array("7".utf8))
            let response = try client.exchange("POST", "/keys/a?\(query)", content: Array("content".utf8))
            #expect(response.status == 400)
            #expect(response.text == "\(detail)\n")
            #expect(try client.exchange("GET", "/keys/a")["ETag"] == #""abc-1""#)
        }
    }
}
