import MicroHTTPD
import TestSupport
import Testing

/// The removal of all keys that have a prefix.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LiveRemovalTests {
    @Test func `what has the prefix is removed and counted, and nothing else`() async throws {
        try await withServer { live in
            live.fill((0..<3_000).map { "a/\($0)" } + (0..<200).map { "b/\($0)" } + ["a"])
            let client = try live.connect()
            let removed = try client.exchange("DELETE", "/keys?prefix=a/")
            #expect(removed.statusLine == "HTTP/1.1 200 OK")
            #expect(removed["Content-Type"] == "text/plain; charset=utf-8")
            #expect(removed.text == "3000\n")
            #expect(live.keyCount == 201)
            #expect(try client.exchange("DELETE", "/keys/?prefix=a/").text == "0\n")
            let json = try client.exchange("DELETE", "/keys/?prefix=b%2F1", "Accept: application/json\r\n")
            #expect(json["Content-Type"] == "application/json")
            #expect(json.text == #"{"removed":111}"# + "\n")
            #expect(try client.exchange("DELETE", "/keys/?all=true").text == "90\n")
            #expect(live.keyCount == 0)
        }
    }

    @Test(arguments: [
        ("", "", "name a prefix, as in ?prefix=x, or say all=true to remove every key"),
        ("?prefix=", "", "name a prefix, as in ?prefix=x, or say all=true to remove every key"),
        ("?all=yes", "", "all 'yes' is not true"), ("?limit=1", "", "unknown query parameter 'limit'"),
        ("?prefix=a", "If-Match: *\r\n", "If-Match goes with one key, not with all that have a prefix"),
    ])
    func `a removal of too much is refused, and nothing is removed`(query: String, fields: String, detail: String)
        async throws
    {
        try await withServer { live in
            live.fill(["a", "b"])
            for path in ["/keys", "/keys/"] {
                let response = try live.connect().exchange("DELETE", "\(path)\(query)", fields)
                #expect(response.status == 400)
                #expect(response.text == "\(detail)\n")
            }
            #expect(live.keyCount == 2)
        }
    }

    @Test func `other requests on the same event loop go on meanwhile`() async throws {
        try await withServer({ $0.threads = 1 }) { live in
            let (remover, other) = (try live.connect(), try live.connect())
            var answeredMeanwhile = 0
            // Again with more keys where the machine was faster than the other client.
            for count in [5_000, 50_000, 500_000] where answeredMeanwhile == 0 {
                live.fill((0..<count).map { "a\($0)" })
                try remover.send("DELETE /keys?prefix=a HTTP/1.1\r\nHost: x\r\n\r\n")
                while live.keyCount > 0 {
                    #expect(try other.exchange("GET", "/livez").status == 200)
                    if live.server.waitingCount == 1 { answeredMeanwhile += 1 }
                }
                #expect(try remover.response().text == "\(count)\n")
            }
            #expect(answeredMeanwhile > 0)
        }
    }

    @Test func `a removal goes on when its client has left`() async throws {
        try await withServer { live in
            live.fill((0..<5_000).map { "a\($0)" })
            do {
                let client = try live.connect()
                try client.send("DELETE /keys?prefix=a HTTP/1.1\r\nHost: x\r\n\r\n")
            }
            #expect(try eventually { live.keyCount == 0 && live.server.connectionCount == 0 })
            #expect(live.server.waitingCount == 0)
        }
    }

    @Test func `a drain has a removal answered, and says so where it is not done`() async throws {
        let count = sized(100_000, underThreadSanitizer: 10_000)
        try await withServer { live in
            live.fill((0..<count).map { "a\($0)" })
            let client = try live.connect()
            try client.send("DELETE /keys?prefix=a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try eventually { live.keyCount < count })
            #expect(await live.server.drain(timeout: patience))
            let response = try client.response()
            if response.status == 200 {
                #expect(response.text == "\(count)\n")
                #expect(live.keyCount == 0)
            } else {
                #expect(response.statusLine == "HTTP/1.1 503 Service Unavailable")
                #expect(response["Connection"] == "close")
                let words = response.text.split(separator: " ")
                #expect(response.text.hasPrefix("the server is stopping; "))
                let removed = try #require(words.count > 4 ? Int(words[4]) : nil)
                #expect(removed <= count - live.keyCount)
            }
            #expect(try client.hasEnded())
        }
    }
}
