import MicroHTTPD
import TestSupport
import Testing

/// Many keys in one request.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LiveBatchTests {
    /// A value that looks like items and answers.
    private static let odd = Array("GET a\nPUT b 3\r\n\n200 3 -\n".utf8) + [0, 10, 13, 255]
    private static let request =
        Array("PUT odd \(odd.count)\n".utf8) + odd
        + Array(
            "\nGET odd\r\n\nPUT a%2Fb 0\n\nGET a/b\nDELETE odd\nGET odd\nDELETE none\nPUT a 2\nok\nDELETE a\nDELETE a%2Fb"
                .utf8)
    /// The answer to it, where so many values have been written before.
    private static func answer(after count: Int) -> [UInt8] {
        let tags = (1...3).map { "\"abc-\(String(count + $0, radix: 16))\"" }
        return Array("201 - \(tags[0])\n200 \(odd.count) \(tags[0])\n".utf8) + odd
            + Array("\n201 - \(tags[1])\n200 0 \(tags[1])\n\n204 - -\n404 - -\n404 - -\n".utf8)
            + Array("201 - \(tags[2])\n204 - -\n204 - -\n".utf8)
    }

    @Test func `items are carried out in their order, and values of any bytes come back`() async throws {
        try await withServer({ $0.shards = 1 }) { live in
            let client = try live.connect()
            let response = try client.exchange("POST", "/batch", content: Self.request)
            #expect(response.statusLine == "HTTP/1.1 200 OK")
            #expect(response["Content-Type"] == "application/vnd.latchkey.batch")
            #expect(response.body == Self.answer(after: 0), "\(response.text)")
            #expect(live.keyCount == 0)
        }
    }

    @Test func `a chunked batch may be cut at any place`() async throws {
        try await withServer({ $0.shards = 1 }) { live in
            for place in 1..<Self.request.count {
                let client = try live.connect()
                try client.send("POST /batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                for part in [Self.request[..<place], Self.request[place...]] {
                    try client.send(Array("\(String(part.count, radix: 16))\r\n".utf8) + part + Array("\r\n".utf8))
                }
                try client.send("0\r\n\r\n")
                #expect(try client.response().body == Self.answer(after: 3 * (place - 1)), "cut at \(place)")
            }
        }
    }

    @Test func `10,000 items are one batch, and one more is too many`() async throws {
        try await withServer { live in
            let client = try live.connect()
            let items = String(repeating: "GET a\n", count: 9_999) + "PUT b 0\n\n"
            let response = try client.exchange("POST", "/batch", content: Array(items.utf8))
            #expect(response.status == 200)
            let missing = Array(String(repeating: "404 - -\n", count: 9_999).utf8)
            #expect(response.body == missing + Array("201 - \"abc-1\"\n".utf8))
            let more = try client.exchange("POST", "/batch", content: Array((items + "DELETE b").utf8))
            #expect(more.status == 413)
            #expect(more.text == "item 10001: a batch has at most 10000 items\n")
            #expect(live.keyCount == 1)
        }
    }

    @Test(arguments: [
        ("PATCH a", "'PATCH a' is not one of 'GET <key>', 'DELETE <key>' and 'PUT <key> <length>'"),
        ("get a", "'get a' is not one of 'GET <key>', 'DELETE <key>' and 'PUT <key> <length>'"),
        ("GET ", "the key is empty; it has at least one byte"),
        ("GET a b", "the key 'a b' has spaces or control characters, which are percent-encoded"),
        ("PUT a", "'' is not the length of a value: PUT <key> <length>, in bytes"),
        ("PUT a -1\n", "'-1' is not the length of a value: PUT <key> <length>, in bytes"),
        ("PUT a 3\nab", "the value has 3 bytes, of which the batch has only 2"),
        ("PUT a 2\nabc\n", "the value of 2 bytes is not followed by a line end"),
        ("PUT a 99999999999999999999\nx", "the value has 99999999999999999999 bytes, of which the batch has only 1"),
    ])
    func `where one item is malformed, nothing is done`(item: String, detail: String) async throws {
        try await withServer { live in
            let client = try live.connect()
            _ = try client.put("kept", [1])
            let before = "PUT new 1\nx\nDELETE kept\n"
            let response = try client.exchange("POST", "/batch", content: Array((before + item).utf8))
            #expect(response.statusLine == "HTTP/1.1 400 Bad Request")
            #expect(response.text == "item 3: \(detail)\n")
            #expect(live.keyCount == 1)
            #expect(try client.exchange("GET", "/keys/kept").body == [1])
        }
    }

    @Test func `a key that cannot be is told in its place, and the others are done`() async throws {
        try await withServer({ ($0.shards, $0.keyBytes) = (1, 3) }) { live in
            let items = "PUT a 1\nx\nGET %zz\nPUT abcd 1\ny\nDELETE abcd\nGET a\n"
            let response = try live.connect().exchange("POST", "/batch", content: Array(items.utf8))
            #expect(response.status == 200)
            let malformed = "'%zz' in the key is not a percent escape of two hex digits"
            let tooLong = "the key has 4 bytes; the limit is 3 bytes"
            #expect(
                response.text == """
                    201 - "abc-1"
                    400 \(malformed.utf8.count) -
                    \(malformed)
                    414 \(tooLong.utf8.count) -
                    \(tooLong)
                    414 \(tooLong.utf8.count) -
                    \(tooLong)
                    200 1 "abc-1"
                    x

                    """)
        }
    }

    @Test func `a batch has the limit of a value, and so has its answer`() async throws {
        try await withServer({ ($0.shards, $0.valueBytes) = (1, 1_000) }) { live in
            let client = try live.connect()
            _ = try client.put("a", pattern(400))
            let response = try client.exchange("POST", "/batch", content: Array("GET a\nGET a\nGET a\nGET b\n".utf8))
            #expect(response.status == 200)
            let tooMuch = "the answer would be larger than the limit of 1000 bytes"
            let value = Array("200 400 \"abc-1\"\n".utf8) + pattern(400) + Array("\n".utf8)
            let end = "413 \(tooMuch.utf8.count) -\n\(tooMuch)\n404 - -\n"
            #expect(response.body == value + value + Array(end.utf8))
            // Before the content where its length is told, else at the limit.
            let announced = try live.connect()
            try announced.send(
                "POST /batch HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n")
            #expect(try announced.response().status == 413)
            #expect(try announced.hasEnded())
            try client.send("POST /batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            try client.send("3e9\r\nPUT b 991\n" + String(repeating: "x", count: 991) + "\r\n0\r\n\r\n")
            #expect(try client.response().status == 413)
            #expect(live.keyCount == 1)
        }
    }

    @Test func `an empty batch has an empty answer, and a query is refused`() async throws {
        try await withServer { live in
            let client = try live.connect()
            for content in ["", "\n", "\r\n\n"] {
                let response = try client.exchange("POST", "/batch", content: Array(content.utf8))
                #expect(response.status == 200)
                #expect(response.body.isEmpty)
            }
            let refused = try client.exchange("POST", "/batch?op=incr", content: Array("GET a".utf8))
            #expect(refused.status == 400)
            #expect(refused.text == "unknown query parameter 'op'\n")
        }
    }

    @Test func `batches of 8 clients at once each write what they say`() async throws {
        let rounds = sized(5, underThreadSanitizer: 2)
        try await withServer { live in
            try await eachOnItsOwn(8) { number in
                let client = try live.connect()
                for round in 0..<rounds {
                    let items = (0..<100).map { "PUT \(number)-\($0) 1\n\(round)\nGET \(number)-\($0)\n" }.joined()
                    let response = try client.exchange("POST", "/batch", content: Array(items.utf8))
                    let lines = response.text.split(separator: "\n")
                    #expect(lines.count == 300)
                    #expect(stride(from: 2, to: 300, by: 3).allSatisfy { lines[$0] == "\(round)" })
                }
            }
            #expect(live.keyCount == 800)
        }
    }
}
