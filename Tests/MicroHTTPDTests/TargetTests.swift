import KeyValueStore
import TestSupport
import Testing

/// Request targets as bytes on the wire: what they name, and what is refused.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct TargetTests {
    /// Targets after `/keys/`, and the bytes of the key that each names.
    static let keys: [(target: String, key: [UInt8])] = [
        ("a", [0x61]), ("a%2Fb", Array("a/b".utf8)), ("a/b", Array("a/b".utf8)), ("a%2fb", Array("a/b".utf8)),
        ("%2541", Array("%41".utf8)), ("%00", [0]), ("a%00b", [0x61, 0, 0x62]), ("..", Array("..".utf8)),
        (".", Array(".".utf8)), ("../../etc/passwd", Array("../../etc/passwd".utf8)), ("/", Array("/".utf8)),
        ("//a//", Array("//a//".utf8)), ("a/", Array("a/".utf8)), ("+", Array("+".utf8)), ("%20", Array(" ".utf8)),
        ("%ff%FE", [0xff, 0xfe]), ("%C3%A9", [0xc3, 0xa9]), ("e%CC%81", [0x65, 0xcc, 0x81]), ("%3F", Array("?".utf8)),
        ("%0d%0a", [13, 10]), ("a&b=c;d", Array("a&b=c;d".utf8)), ("%25zz", Array("%zz".utf8)),
    ]

    @Test func `a key is what the target says, percent-decoded once, and nothing else`() async throws {
        try await withServer { live in
            let client = try live.connect()
            for (target, key) in Self.keys {
                let value = Array(target.utf8)
                #expect([201, 204].contains(try client.put(target, value).status), "\(target)")
                #expect(live.stored(key) == value, "\(target)")
                #expect(try client.exchange("GET", "/keys/\(target)").body == value, "\(target)")
            }
            let distinct = Set(Self.keys.map(\.key)).count
            #expect(
                (0..<live.store.shardCount).reduce(0) { $0 + live.store.statistics(ofShard: $1).counts.keys }
                    == distinct)
        }
    }

    @Test func `raw bytes above ASCII are taken as they are`() async throws {
        try await withServer { live in
            let client = try live.connect()
            try client.send(
                Array("PUT /keys/".utf8) + [0xff, 0xc3, 0x28]
                    + Array(" HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nv".utf8))
            #expect(try client.response().status == 201)
            #expect(live.stored([0xff, 0xc3, 0x28]) == Array("v".utf8))
        }
    }

    @Test func `what RFC 3986 has no place for is taken as it is, but for a fragment`() async throws {
        try await withServer { live in
            let key = Array("a\"<>\\^`{|}[]!$&'()*,;=:@".utf8) + [0xe2, 0x82, 0xac]
            let client = try live.connect()
            try client.send(
                Array("PUT /keys/".utf8) + key + Array(" HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nv".utf8))
            #expect(try client.response().status == 201)
            #expect(live.stored(key) == Array("v".utf8))
            let refusal = try client.exchange("GET", "/keys/fr#ag")
            #expect(refusal.status == 400)
            #expect(
                refusal.text == "'#' in the target: a fragment is no part of a request; in a key it is written %23\n")
        }
    }

    @Test(arguments: [("a b", "/keys/a"), ("x", "http://user@x/keys/a")])
    func `the refusal of a host says what it is`(host: String, target: String) async throws {
        try await withServer { live in
            let client = try live.connect()
            try client.send("GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            let response = try client.response()
            #expect(response.status == 400)
            #expect(response.text.contains("a host, with a port or without"))
        }
    }

    @Test(arguments: [
        ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("a%", "%"), ("a%2", "%2"), ("%2gb", "%2g"), ("a%b/%41%q1", "%b/"),
    ])
    func `a malformed escape is refused by name, and the connection goes on`(target: String, escape: String)
        async throws
    {
        try await withServer { live in
            let client = try live.connect()
            for method in ["GET", "DELETE"] {
                let response = try client.exchange(method, "/keys/\(target)")
                #expect(response.statusLine == "HTTP/1.1 400 Bad Request")
                #expect(response.text == "'\(escape)' in the key is not a percent escape of two hex digits\n")
            }
            #expect(try client.put(target, [1, 2, 3]).status == 400)
            #expect(try client.exchange("GET", "/livez").status == 200)
        }
    }

    @Test(
        arguments: [("?x=1", "x"), ("?", nil), ("?x", "x"), ("?%78=1&y", "%78"), ("?=1", ""), ("?a=%zz", "a")]
            as [(String, String?)])
    func `a query parameter is refused by name, and the store is not touched`(query: String, name: String?) async throws
    {
        try await withServer { live in
            let client = try live.connect()
            let put = try client.put("a%2Fb\(query)", [1])
            let get = try client.exchange("GET", "/keys/a%2Fb\(query)")
            if let name {
                #expect(put.status == 400)
                #expect(get.text == "unknown query parameter '\(name)'\n")
                #expect(live.stored(Array("a/b".utf8)) == nil)
            } else {
                #expect(put.status == 201)
                #expect(get.body == [1])
            }
        }
    }

    @Test func `a target in absolute form names the same key`() async throws {
        try await withServer { live in
            let client = try live.connect()
            #expect(try client.exchange("GET", "http://any.host:1/keys/a%2Fb").status == 404)
            try live.put("a/b", [7])
            #expect(try client.exchange("GET", "http://any.host:1/keys/a%2Fb").body == [7])
            #expect(try client.exchange("GET", "http://any.host/livez").status == 200)
        }
    }

    @Test func `keys have 1 to 1,024 bytes, decoded`() async throws {
        try await withServer { live in
            let client = try live.connect()
            let longest = String(repeating: "%41", count: 1024)
            #expect(try client.put(longest, [1]).status == 201)
            #expect(live.stored([UInt8](repeating: 0x41, count: 1024)) == [1])
            let tooLong = try client.exchange("GET", "/keys/\(longest)A")
            #expect(tooLong.statusLine == "HTTP/1.1 414 URI Too Long")
            #expect(tooLong.text == "the key has 1025 bytes; the limit is 1024 bytes\n")
            // No key of no bytes, but the list of all keys.
            #expect(try client.exchange("GET", "/keys/").text == String(repeating: "A", count: 1024) + "\n")
            #expect(try client.put("", [1]).status == 405)
        }
    }

    @Test(arguments: [
        "GET /keys/\(String(repeating: "a", count: 40_000)) HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /keys/a HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 40_000))\r\n\r\n",
        "GET /keys/a HTTP/2.7\r\nHost: x\r\n\r\n", "\r\n\r\n\r\nnonsense\r\n\r\n", "GET\r\n\r\n",
    ])
    func `what is no request that fits ends its connection and nobody else's`(request: String) async throws {
        try await withServer { live in
            let other = try live.connect()
            #expect(try other.put("a", [1]).status == 201)
            let client = try live.connect()
            // The server may end the connection before it has all of the request.
            try? client.send(request)
            if let response = try? client.response() { #expect((400...505).contains(response.status)) }
            #expect(try other.exchange("GET", "/keys/a").body == [1])
        }
    }

    /// 1.0.1 ended the process where a head of a query without a value left it little of the connection's memory.
    @Test(arguments: ["a", "=", "a=", "&", "a&", "%61", "a=b&"])
    func `a query of any length is answered, and the server goes on`(repeated: String) async throws {
        try await withServer { live in
            for length in stride(from: 5_000, to: 17_000, by: 7) {
                let client = try live.connect()
                let query = String(repeating: repeated, count: length / repeated.utf8.count + 1).prefix(length)
                try client.send("GET /livez?\(query) HTTP/1.0\r\n\r\n")
                let received = String(decoding: try client.rest(), as: UTF8.self)
                let isAnswered = ["200", "400", "414", "431"].contains { received.hasPrefix("HTTP/1.1 \($0) ") }
                #expect(isAnswered, "\(length) bytes: '\(received.prefix(100))'")
            }
            #expect(try live.get("none").status == 404)
        }
    }
}
