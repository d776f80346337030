import TestSupport
import Testing

/// Times to live and conditions of `latchkey put` against the server itself.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct ServedExpiryTests {
    @Test func `a value is gone when its time is over, and only then`() async throws {
        try await withCurl { curl in
            _ = try curl.put("lasting", "x", "--ttl", "1000")
            let start = ContinuousClock.now
            let tag = try curl.put("brief", "x", "--ttl", "0.5")
            // A fresh value where the old one was has no time to live of its own.
            _ = try curl.put("renewed", "x", "--ttl", "0.5")
            _ = try curl.put("renewed", "y")
            try repeatUntil("see it expire") {
                let outcome = try curl.latchkey("get", "brief")
                guard outcome.code != 0 else { return false }
                #expect(outcome.code == 3)
                #expect(outcome.output.isEmpty)
                #expect(isOneLine(outcome.errors, with: "404 Not Found: no value is stored under this key"))
                return true
            }
            #expect(.now - start >= .milliseconds(500))
            #expect(try curl.latchkey("get", "lasting").output == "x")
            #expect(try curl.latchkey("get", "renewed").output == "y")
            #expect(Set(try curl.latchkey("list").output.split(separator: "\n")) == ["lasting", "renewed"])
            #expect(try curl.latchkey("delete", "brief").code == 3)
            #expect(try curl.latchkey("put", "brief", "--if-match", tag).code == 4)
            #expect(try curl.latchkey("put", "brief", "--if-absent").code == 0)
        }
    }

    @Test(arguments: [("0", "0"), ("-1", "-1"), ("x", "x"), ("1&keepttl", "1%26keepttl"), ("315576001", "315576001")])
    func `a time to live that is none is refused in the server's words`(text: String, shown: String) async throws {
        try await withCurl { curl in
            let outcome = try curl.latchkey("put", "k", "--ttl=\(text)")
            #expect(outcome.code == 1)
            #expect(isOneLine(outcome.errors, with: "400 Bad Request: ttl '\(shown)'"))
            #expect(try curl.latchkey("get", "k").code == 3)
        }
    }

    @Test func `a condition that does not hold is exit code 4, and changes nothing`() async throws {
        try await withCurl { curl in
            let file = try curl.write("other", Array("other".utf8))
            let missing = try curl.latchkey("put", "k", file, "--if-match", "*")
            #expect(missing.code == 4)
            #expect(isOneLine(missing.errors, with: "412 Precondition Failed"))
            #expect(try curl.latchkey("get", "k").code == 3)
            let first = try curl.put("k", "one", "--if-absent")
            let second = try curl.put("k", "two", "--if-match", first)
            for condition in ["--if-absent", "--if-match=\(first)", "--if-match=never"] {
                let refused = try curl.latchkey("put", "k", file, condition)
                #expect(refused.code == 4, "\(condition)")
                #expect(refused.output.isEmpty)
                #expect(isOneLine(refused.errors, with: "412 Precondition Failed"))
            }
            #expect(try curl.latchkey("get", "k").output == "two")
            #expect(try curl.latchkey("watch", "k", "--count", "1").output == "\(second) 3\n")
        }
    }
}
