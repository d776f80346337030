import MicroHTTPD
import Sockets
import TestSupport
import Testing

/// What a connection may take of the server's memory and time.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct BoundTests {
    /// The library would carry such a request out and then end the connection without a word.
    @Test func `a head that leaves no room for the answer's is refused before anything is done`() async throws {
        try await withServer { live in
            let metadata = (0..<10).map { "Latchkey-Meta-\($0): \(String(repeating: "m", count: 180))\r\n" }.joined()
            #expect(try live.connect().put("a", Array("value".utf8), metadata).status == 201)
            var statuses = Set<Int>()
            for length in stride(from: 9_000, through: 16_000, by: 100) {
                let client = try live.connect()
                try client.send(
                    "GET /keys/a HTTP/1.1\r\nHost: x\r\nX-Junk: \(String(repeating: "j", count: length))\r\n\r\n")
                let response = try client.response()
                statuses.insert(response.status)
                if response.status == 200 { #expect(response["Latchkey-Meta-9"]?.count == 180) }
            }
            #expect(statuses == [200, 431])
            let client = try live.connect()
            let junk = "X-Junk: \(String(repeating: "j", count: 13_000))\r\n"
            let refused = try client.exchange("POST", "/keys/a?op=getdel", junk)
            #expect(refused.statusLine == "HTTP/1.1 431 Request Header Fields Too Large")
            #expect(refused.text.hasSuffix("the limit is 11264 bytes\n"))
            #expect(try client.hasEnded())
            #expect(live.stored(Array("a".utf8)) == Array("value".utf8))
        }
    }

    /// The library copies them (`parse_cookie_header`), and had no memory left for the answer when the request was done.
    @Test(arguments: [("c=", "a"), ("", "a"), ("", "a=b; "), ("", ";"), ("", "a,")])
    func `a request with cookies of any length is carried out and answered, or neither`(start: String, repeated: String)
        async throws
    {
        try await withServer { live in
            var statuses = Set<Int>()
            var count = 0
            for length in stride(from: 40, to: 8_100, by: 37) {
                let client = try live.connect()
                let cookies = start + String(repeating: repeated, count: length / repeated.utf8.count)
                let response = try client.exchange("POST", "/keys/c?op=incr", "Cookie: \(cookies)\r\n")
                statuses.insert(response.status)
                if response.status != 431 { count += 1 }
                #expect(response.status == 431 || response.text == "\(count)", "\(length)")
                if response.status == 431 { #expect(try client.hasEnded()) }
            }
            #expect(statuses.subtracting([200, 201]) == [431])
            #expect(count > 0)
            #expect(try live.get("c").text == "\(count)")
        }
    }

    @Test func `many fields count for more than their bytes`() async throws {
        try await withServer { live in
            for (count, status) in [(80, 404), (100, 431)] {
                let client = try live.connect()
                let fields = (0..<count).map { "X\($0): y\r\n" }.joined()
                #expect(try client.exchange("GET", "/keys/a", fields).status == status, "\(count) fields")
            }
        }
    }

    /// The library receives as many of the next requests as it has room for, and closes without a word where the answer's
    /// head has none left.
    @Test func `a request of many fields is answered with many, whatever follows it`() async throws {
        try await withServer { live in
            let stored = (0..<4).map { "Latchkey-Meta-\($0): \(String(repeating: "m", count: 490))\r\n" }.joined()
            let put = "PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\(stored)\r\nv"
            let client = try live.connect()
            try client.send(put)
            #expect(try client.response().status == 201)
            for count in stride(from: 60, through: 80, by: 4) {
                let fields = (0..<count).map { "X\($0): y\r\n" }.joined()
                let get = "GET /keys/a HTTP/1.1\r\nHost: x\r\n\(fields)\r\n"
                let upload = "PUT /keys/b HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n"
                try client.send(get + upload + String(repeating: "b", count: 40_000))
                #expect(try client.response().status == 200, "\(count) fields")
                #expect([201, 204].contains(try client.response().status))
            }
        }
    }

    @Test func `unwanted content without an announced end is read up to a limit, and then its request is refused`()
        async throws
    {
        try await withServer({ $0.skippedBytes = 1 << 20 }) { live in
            try live.put("a", [1])
            let client = try live.connect()
            try client.send("DELETE /keys/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 7, count: 65_536) + Array("\r\n".utf8)
            var sent = 0
            while sent < 4_000, !client.connection.hasInput, (try? client.send(chunk)) != nil { sent += 1 }
            #expect(sent < 4_000)
            let response = try client.response()
            #expect(response.statusLine == "HTTP/1.1 413 Content Too Large")
            #expect(response.text == "the content is larger than the limit of 1048576 bytes\n")
            #expect(live.stored(Array("a".utf8)) == [1])
            let other = try live.connect()
            try other.send("DELETE /keys/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<15 { try other.send(chunk) }
            try other.send("0\r\n\r\n")
            #expect(try other.response().status == 204)
        }
    }

    /// A client that never stops is not read for ever.
    @Test func `what comes after an early answer is thrown away, up to a limit`() async throws {
        try await withServer({ $0.valueBytes = 1_000 }) { live in
            let client = try live.connect()
            try client.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000\r\n\r\n")
            let piece = [UInt8](repeating: 7, count: 1 << 20)
            var sent = 0
            // A gigabyte, and what the system's buffers hold; less on a machine that is slow.
            while sent < 1_200, (try? client.send(piece)) != nil { sent += 1 }
            #expect((20..<1_200).contains(sent))
        }
    }
}
