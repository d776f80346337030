import Sockets
import Glibc
import TestSupport
import Testing

@testable import MicroHTTPD

/// Uploads in every form, whole and broken.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct UploadTests {
    private static let chunkedHead = "PUT /keys/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    @Test(arguments: [
        ("0\r\n\r\n", ""), ("1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n", "abc"), ("0003\r\nabc\r\n000\r\n\r\n", "abc"),
        ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("a\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        ("3\r\na\r\n\r\n0\r\n\r\n", "a\r\n"),
        ("2\r\nab\r\n0\r\nTrailer: value\r\n\r\n", "ab"),
    ])
    func `chunks of any form make one value`(content: String, value: String) async throws {
        try await withServer { live in
            let client = try live.connect()
            try client.send(Self.chunkedHead + content)
            #expect(try client.response().status == 201)
            #expect(live.stored(Array("a".utf8)) == Array(value.utf8))
            #expect(try live.get("a").text == value)
        }
    }

    /// 1.0.0 to 1.0.9 take the line of each for one byte longer than it is, and refuse it. They never take it for another.
    @Test(arguments: ["3;name=value\r\nabc\r\n0;last\r\n\r\n", "3\r\nabc\r\n0;last\r\n\r\n"])
    func `chunk extensions are passed over, or refused by a library that cannot`(content: String) async throws {
        try await withServer { live in
            let client = try live.connect()
            try client.send(Self.chunkedHead + content)
            if Engine.current.readsChunkExtensions {
                #expect(try client.response().status == 201)
                #expect(live.stored(Array("a".utf8)) == Array("abc".utf8))
            } else {
                #expect(String(decoding: try client.rest(), as: UTF8.self).hasPrefix("HTTP/1.1 400 "))
                #expect(live.keyCount == 0)
            }
        }
    }

    @Test(
        arguments: ["DELETE /keys/a", "GET /keys/a", "PUT /keys/a", "POST /keys/a?op=getdel"],
        ["", "Content-Length: 00\r\n"])
    func `who waits for leave to send nothing is answered, and what follows too`(line: String, length: String)
        async throws
    {
        try await withServer { live in
            try live.put("a", [1])
            let client = try live.connect()
            let request = "\(line) HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\(length)\r\n"
            try client.send(request + "OPTIONS /keys/a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect([200, 204].contains(try client.response().status))
            let next = try client.response()
            #expect(next.status == 204 && next["Allow"] != nil)
        }
    }

    @Test func `many chunks of odd lengths make one value`() async throws {
        try await withServer { live in
            let value = pattern(300_000)
            let client = try live.connect()
            try client.send(Self.chunkedHead)
            var rest = value[...]
            var length = 1
            while !rest.isEmpty {
                let chunk = rest.prefix(length)
                try client.send(Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + Array("\r\n".utf8))
                rest = rest.dropFirst(length)
                length = length * 5 % 9_973 + 1
            }
            try client.send("0\r\n\r\n")
            #expect(try client.response().status == 201)
            #expect(live.stored(Array("a".utf8)) == value)
        }
    }

    @Test func `a chunked upload may be as long as the limit, and not a byte longer`() async throws {
        try await withServer({ $0.valueBytes = 1_000 }) { live in
            for (count, status) in [(1_000, 201), (1_001, 413), (200_000, 413)] {
                let client = try live.connect()
                try client.send("PUT /keys/k\(count) HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                try client.send("\(String(count, radix: 16))\r\n")
                try client.send([UInt8](repeating: 7, count: count))
                try client.send("\r\n0\r\n\r\n")
                let response = try client.response()
                #expect(response.status == status)
                if status == 413 { #expect(response.text == "the value is larger than the limit of 1000 bytes\n") }
                #expect(live.stored(Array("k\(count)".utf8))?.count == (status == 201 ? count : nil))
            }
        }
    }

    @Test func `an announced length over the limit is refused before the content, and the answer arrives`() async throws
    {
        try await withServer({ $0.valueBytes = 1_000 }) { live in
            for _ in 0..<20 {
                let client = try live.connect()
                try client.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n")
                // As curl does without Expect: send on, whatever the server says. It may stop listening at some point.
                let piece = [UInt8](repeating: 1, count: 100_000)
                for _ in 0..<40 { try? client.send(piece) }
                let response = try client.response()
                #expect(response.statusLine == "HTTP/1.1 413 Content Too Large")
                #expect(response.text == "the value of 4000000 bytes is larger than the limit of 1000 bytes\n")
                #expect(response["Connection"] == "close")
            }
            #expect(live.stored(Array("a".utf8)) == nil)
        }
    }

    @Test func `who asks before sending is told to go on, or spared the upload`() async throws {
        try await withServer({ $0.valueBytes = 1_000 }) { live in
            let client = try live.connect()
            try client.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            let interim = try client.response()
            #expect(interim.statusLine == "HTTP/1.1 100 Continue")
            #expect(interim.fields.isEmpty)
            try client.send("ok")
            #expect(try client.response().status == 201)
            for (fields, target, status) in [
                ("Content-Length: 1001\r\n", "a", 413), ("Content-Length: 2\r\n", "%zz", 400),
                ("Content-Length: 2\r\nIf-Match: nonsense\r\n", "a", 400), ("Content-Length: 2\r\n", "a?x", 400),
            ] {
                let refused = try live.connect()
                try refused.send("PUT /keys/\(target) HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\(fields)\r\n")
                #expect(try refused.response().status == status)
                #expect(try refused.hasEnded())
            }
            #expect(live.stored(Array("a".utf8)) == Array("ok".utf8))
        }
    }

    @Test(arguments: ["Content-Length: 100000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n186a0\r\n"], [false, true])
    func `a client that goes away in mid-upload changes nothing`(head: String, byReset: Bool) async throws {
        try await withServer { live in
            try live.put("old", Array("old".utf8))
            for key in ["old", "new"] {
                do {
                    let client = try live.connect()
                    try client.send("PUT /keys/\(key) HTTP/1.1\r\nHost: x\r\n\(head)")
                    try client.send(pattern(60_000))
                    if byReset {
                        var linger = linger(l_onoff: 1, l_linger: 0)
                        setsockopt(
                            client.connection.descriptor, SOL_SOCKET, SO_LINGER, &linger,
                            socklen_t(MemoryLayout<linger>.size))
                    }
                }
                #expect(try eventually { live.server.connectionCount == 0 })
            }
            #expect(live.stored(Array("old".utf8)) == Array("old".utf8))
            #expect(live.stored(Array("new".utf8)) == nil)
            #expect(try live.get("old").status == 200)
        }
    }

    @Test func `content where none is wanted is skipped`() async throws {
        try await withServer { live in
            let client = try live.connect()
            _ = try client.put("a", [1])
            for method in ["GET", "DELETE", "POST", "PATCH", "BREW"] {
                try client.send("\(method) /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n")
                try client.send([UInt8](repeating: 0x47, count: 50_000))
            }
            #expect(try (0..<5).map { _ in try client.response().status } == [200, 204, 400, 405, 501])
        }
    }
}
