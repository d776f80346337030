import MicroHTTPD
import TestSupport
import Testing

/// Parts of values on the wire (RFC 9110 section 14).
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LiveRangeTests {
    @Test(arguments: [1, 10, 2_048, 2_049, 10_000_000]) func `a part comes bit for bit`(count: Int) async throws {
        try await withServer { live in
            let value = pattern(count)
            let client = try live.connect()
            _ = try client.put("a", value, "Content-Type: text/x\r\nLatchkey-Meta-Color: red\r\n")
            let (half, last) = (count / 2, count - 1)
            for (range, part) in [
                ("0-0", 0..<1), ("0-", 0..<count), ("-\(count)", 0..<count), ("-1", last..<count),
                ("\(last)-", last..<count), ("\(half)-\(last)", half..<count), ("0-\(half)", 0..<half + 1),
                ("\(half)-99999999999999999999999", half..<count), ("-99999999999999999999999", 0..<count),
                ("\(half)-\(half),", half..<half + 1),
            ] {
                let response = try client.exchange("GET", "/keys/a", "Range: bytes=\(range)\r\n")
                #expect(response.statusLine == "HTTP/1.1 206 Partial Content", "\(range)")
                let bounds = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(count)"
                #expect(response["Content-Range"] == bounds, "\(range)")
                #expect(response["Content-Length"] == "\(part.count)", "\(range)")
                #expect(response["ETag"] == #""abc-1""#)
                #expect(response["Accept-Ranges"] == "bytes")
                #expect(response["Content-Type"] == "text/x")
                #expect(response["Latchkey-Meta-Color"] == "red")
                #expect(areSame(response.body, value[part]), "\(range)")
            }
        }
    }

    @Test(arguments: [(0, "0-"), (0, "-0"), (10, "10-"), (10, "10-20"), (10, "99999999999999999999999-"), (10, "-0")])
    func `a part that does not exist is 416 with the length there is`(count: Int, range: String) async throws {
        try await withServer { live in
            let client = try live.connect()
            _ = try client.put("a", pattern(count))
            let response = try client.exchange("GET", "/keys/a", "Range: bytes=\(range)\r\n")
            #expect(response.statusLine == "HTTP/1.1 416 Range Not Satisfiable")
            #expect(response["Content-Range"] == "bytes */\(count)")
            #expect(response["ETag"] == #""abc-1""#)
            #expect(
                response.text == "the value has \(count) bytes, of which the range 'bytes=\(range)' has none\n")
            #expect(try client.exchange("GET", "/keys/a").body == pattern(count))
        }
    }

    @Test(arguments: [
        ("GET", "Range: bytes=0-1,3-4\r\n"), ("GET", "Range: items=0-1\r\n"), ("GET", "Range: bytes=5-2\r\n"),
        ("GET", "Range: bytes=x-\r\n"), ("GET", "Range: bytes=-\r\n"), ("HEAD", "Range: bytes=0-1\r\n"),
        ("GET", "Range: bytes=0-1\r\nIf-Range: \"abc-2\"\r\n"),
        ("GET", "Range: bytes=0-1\r\nIf-Range: W/\"abc-1\"\r\n"),
        ("GET", "Range: bytes=99-\r\nIf-Range: \"abc-2\"\r\n"),
        ("GET", "Range: bytes=0-1\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
        ("GET", "Range: bytes=0-1\r\nRange: bytes=0-1\r\n"),
    ])
    func `what asks for no one part, or for that of another value, gets all`(method: String, fields: String)
        async throws
    {
        try await withServer { live in
            let client = try live.connect()
            _ = try client.put("a", pattern(10))
            let response = try client.exchange(method, "/keys/a", fields)
            #expect(response.status == 200)
            #expect(response["Content-Length"] == "10")
            #expect(response["Content-Range"] == nil)
            #expect(response.body == (method == "GET" ? pattern(10) : []))
        }
    }

    @Test func `the last bytes of an empty value are all of it`() async throws {
        try await withServer { live in
            let client = try live.connect()
            _ = try client.put("a", [])
            let response = try client.exchange("GET", "/keys/a", "Range: bytes=-5\r\n")
            #expect(response.statusLine == "HTTP/1.1 200 OK")
            #expect(response["Content-Length"] == "0")
            #expect(response["Content-Range"] == nil)
        }
    }

    @Test func `If-Range with the current tag gets the part`() async throws {
        try await withServer { live in
            let client = try live.connect()
            _ = try client.put("a", pattern(10))
            let part = try client.exchange("GET", "/keys/a", "Range: bytes=2-4\r\nIf-Range: \"abc-1\"\r\n")
            #expect(part.status == 206)
            #expect(part.body.elementsEqual(pattern(10)[2...4]))
        }
    }

    @Test func `pipelined parts of one value come in order and are never mixed up`() async throws {
        try await withServer { live in
            let value = pattern(100_000)
            let client = try live.connect()
            _ = try client.put("a", value)
            // Some are copied into the answer, some lent by the value, some refused.
            let parts = (0..<120).map { $0 * 743..<$0 * 743 + 1 + $0 * $0 }
            try client.send(
                parts.map { part in
                    let range = "bytes=\(part.lowerBound)-\(part.upperBound - 1)"
                    return "GET /keys/a HTTP/1.1\r\nHost: x\r\nRange: \(range)\r\n\r\n"
                        + "GET /keys/a HTTP/1.1\r\nHost: x\r\nRange: bytes=100000-\r\n\r\n"
                }.joined())
            for part in parts {
                let response = try client.response()
                #expect(response.status == 206)
                #expect(areSame(response.body, value[part.clamped(to: 0..<value.count)]))
                #expect(try client.response().status == 416)
            }
        }
    }

    @Test func `who reads a part slowly gets that of the old value, whose memory goes with him`() async throws {
        try await withServer { live in
            let old = pattern(10_000_000, seed: 1)
            try live.put("a", old)
            let storage = try #require(live.storage("a"))
            let reader = try live.connect(receiveBuffer: 4096)
            let part = 1_000_000..<9_000_001
            let head = "GET /keys/a HTTP/1.1\r\nHost: x\r\n"
            try reader.send("\(head)Range: bytes=\(part.lowerBound)-\(part.upperBound - 1)\r\n\r\n")
            #expect(try reader.head()["Content-Range"] == "bytes 1000000-9000000/10000000")
            try live.put("a", pattern(20))
            let other = try live.connect()
            #expect(
                try other.exchange("GET", "/keys/a", "Range: bytes=0-4\r\n").body.elementsEqual(pattern(20)[0..<5]))
            #expect(try other.exchange("GET", "/keys/a", "Range: bytes=1000000-\r\n").status == 416)
            #expect(storage.isAlive)
            #expect(areSame(try reader.bytes(part.count), old[part]))
            #expect(try eventually { !storage.isAlive })
            #expect(try reader.exchange("GET", "/keys/a", "Range: bytes=-1\r\n").body == [pattern(20)[19]])
        }
    }
}
