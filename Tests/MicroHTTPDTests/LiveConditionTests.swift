import MicroHTTPD
import TestSupport
import Testing

/// Conditions (RFC 9110 section 13) among clients that race, and before an upload.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LiveConditionTests {
    @Test func `of 100 clients that create a key at once, exactly one does`() async throws {
        let keys = sized(10, underThreadSanitizer: 3)
        try await withServer { live in
            let answers = try await eachOnItsOwn(100) { number in
                let client = try live.connect()
                return try (0..<keys).map { key in
                    try client.put("k\(key)", Array("client \(number)".utf8), "If-None-Match: *\r\n")
                }
            }
            for key in 0..<keys {
                #expect(answers.count { $0[key].status == 201 } == 1)
                #expect(answers.count { $0[key].status == 412 } == 99)
                #expect(Set(answers.map { $0[key]["ETag"] }).count == 1)
                let winner = try #require(answers.firstIndex { $0[key].status == 201 })
                #expect(live.stored(Array("k\(key)".utf8)) == Array("client \(winner)".utf8))
            }
        }
    }

    @Test func `increments by compare-and-swap from 16 clients add up`() async throws {
        let steps = sized(20, underThreadSanitizer: 6)
        try await withServer { live in
            try live.put("n", Array("0".utf8))
            try await eachOnItsOwn(16) { _ in
                let client = try live.connect()
                for _ in 0..<steps {
                    var isDone = false
                    while !isDone {
                        let seen = try client.exchange("GET", "/keys/n")
                        let tag = try #require(seen["ETag"])
                        let next = try #require(Int(seen.text)) + 1
                        let answer = try client.put("n", Array("\(next)".utf8), "If-Match: \(tag)\r\n")
                        #expect([204, 412].contains(answer.status))
                        isDone = answer.status == 204
                    }
                }
            }
            #expect(live.stored(Array("n".utf8)) == Array("\(16 * steps)".utf8))
        }
    }

    @Test(arguments: [#""abc-1""#, #""of-another-run""#, #"W/"abc-2""#, #""abc-1", "abc-0""#])
    func `who asks before sending what can never be stored is spared the upload`(tag: String) async throws {
        try await withServer { live in
            for _ in 0..<2 { try live.put("a", Array("kept".utf8)) }
            let fields = "If-Match: \(tag)\r\nContent-Length: 4\r\n"
            for request in ["PUT /keys/a", "POST /keys/a?op=append", "POST /keys/a?op=getset"] {
                let client = try live.connect()
                try client.send("\(request) HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\(fields)\r\n")
                let refused = try client.response()
                #expect(refused.statusLine == "HTTP/1.1 412 Precondition Failed", "\(request)")
                #expect(refused["ETag"] == #""abc-2""#, "\(request)")
                #expect(refused["Connection"] == "close", "\(request)")
                #expect(try client.hasEnded(), "\(request)")
            }
            // Who does not ask has sent it already, and keeps the connection.
            let client = try live.connect()
            #expect(try client.put("a", pattern(50_000), "If-Match: \(tag)\r\n").status == 412)
            #expect(try client.exchange("GET", "/keys/a").text == "kept")
        }
    }

    @Test func `what may still come to hold is decided when the value has arrived`() async throws {
        try await withServer { live in
            let head = "HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n"
            try live.put("taken", [1])
            let creator = try live.connect()
            try creator.send("PUT /keys/taken \(head)If-None-Match: *\r\n\r\n")
            #expect(try creator.response().status == 100)
            #expect(try live.exchange("DELETE /keys/taken HTTP/1.1\r\nHost: x\r\n\r\n").status == 204)
            try creator.send("new")
            #expect(try creator.response().status == 201)

            let replacer = try live.connect()
            try replacer.send("PUT /keys/missing \(head)If-Match: *\r\n\r\n")
            #expect(try replacer.response().status == 100)
            try replacer.send("new")
            #expect(try replacer.response().status == 412)

            let late = try live.connect()
            let tag = try #require(try live.put("a", [1])["ETag"])
            try late.send("PUT /keys/a \(head)If-Match: \(tag)\r\n\r\n")
            #expect(try late.response().status == 100)
            try live.put("a", [2])
            try late.send("new")
            #expect(try late.response().status == 412)
            #expect(live.stored(Array("a".utf8)) == [2])
        }
    }

    @Test func `conditions are evaluated in the order of RFC 9110 section 13_2_2`() async throws {
        let (holds, fails) = (#""abc-1""#, #""abc-99""#)
        try await withServer { live in
            let client = try live.connect()
            _ = try client.put("a", pattern(10))
            for (method, fields, status) in [
                ("GET", "If-Match: \(fails)\r\nIf-None-Match: \(holds)\r\n", 412),
                ("GET", "If-Match: \(holds)\r\nIf-None-Match: \(holds)\r\n", 304),
                ("GET", "If-Match: \(holds)\r\nIf-None-Match: \(fails)\r\n", 200),
                ("HEAD", "If-Match: *\r\nIf-None-Match: W/\(holds)\r\n", 304),
                ("GET", "If-None-Match: \(holds)\r\nRange: bytes=0-1\r\n", 304),
                ("GET", "If-Match: \(fails)\r\nRange: bytes=99-\r\n", 412),
                ("GET", "If-Match: \(holds)\r\nRange: bytes=0-1\r\n", 206),
                ("GET", "If-Match: \(holds)\r\nRange: bytes=99-\r\n", 416),
                ("GET", "If-None-Match: \(fails)\r\nIf-None-Match: \(holds)\r\n", 304),
                ("GET", "If-Match: nonsense\r\nIf-None-Match: *\r\n", 400),
                ("DELETE", "If-Match: \(holds)\r\nIf-None-Match: \(holds)\r\n", 412),
                ("DELETE", "If-None-Match: *\r\n", 412), ("DELETE", "If-Match: \(holds)\r\n", 204),
                ("GET", "If-Match: \(fails)\r\n", 404), ("GET", "If-None-Match: *\r\n", 404),
                ("DELETE", "If-Match: *\r\n", 404),
            ] {
                let response = try client.exchange(method, "/keys/a", fields)
                #expect(response.status == status, "\(method) \(fields)")
                if [206, 304, 412, 416].contains(status) { #expect(response["ETag"] == holds, "\(method) \(fields)") }
            }
            let missing = try client.put("a", [1], "If-Match: *\r\n")
            #expect(missing.status == 412)
            #expect(missing["ETag"] == nil)
        }
    }
}
