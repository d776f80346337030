import LatchkeyClient
import TestSupport
import Testing

@Suite struct ResponseReaderTests {
    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more", 200, "hello"),
        ("HTTP/1.1 200 OK\r\ncontent-length:5\t \r\nCONTENT-LENGTH: 5\r\n\r\nhello", 200, "hello"),
        ("HTTP/1.1 200\r\n\r\nuntil it closes", 200, "until it closes"),
        ("HTTP/1.0 200 OK\n\nbare line feeds", 200, "bare line feeds"),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", 204, ""),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, ""),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 \r\nLink: x\r\n\r\nHTTP/1.1 201 \r\nContent-Length: 0\r\n\r\n",
            201, ""
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n1;a=b\r\n!\r\n0\r\n\r\n", 200, "hello!"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00a \r\n0123456789\r\n000\r\nX: y\r\n\r\n", 200,
            "0123456789"
        ),
    ])
    func `a whole answer is read up to its end`(text: String, status: Int, content: String) throws {
        #expect(try readAnswer(text) == ReadAnswer(status: status, content: Array(content.utf8)))
    }

    @Test(arguments: [
        "", "\r\n\r\n", "HTTP/1.1 200", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n", "HTTP/1.x 200 OK\r\n\r\n", "SSH-2.0-OpenSSH_9.2p1 Debian\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: no name\r\n\r\n", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: y\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: y\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ])
    func `what is no answer, or no whole one, is refused`(text: String) {
        #expect(throws: ClientFailure.self) { try readAnswer(text) }
    }

    @Test(arguments: [
        "", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n", "5\r\nhello!\r\n0\r\n\r\n", "5\r\nhell", "-5\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "\r\n\r\n", " 5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "ffffffffffffffff\r\n", "g\r\n",
        "5\r\nhello0\r\n\r\n",
    ])
    func `chunks that are not whole are refused`(chunks: String) {
        #expect(throws: ClientFailure.self) {
            try readAnswer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        }
    }

    @Test func `a header of any length is refused at the limit`() throws {
        var count = 0
        var reader = ResponseReader { () throws(ClientFailure) -> [UInt8] in
            count += 1000
            return [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
        }
        #expect(throws: ClientFailure.self) { try reader.nextHead() }
        #expect(count <= ResponseReader.headLimit + 1000)
        let line = "X: " + String(repeating: "y", count: 1000) + "\r\n"
        let lines = String(repeating: line, count: 100)
        #expect(throws: ClientFailure.self) { try readAnswer("HTTP/1.1 200 OK\r\n" + lines + "\r\n") }
        #expect(throws: ClientFailure.self) {
            try readAnswer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + lines + "\r\n")
        }
    }

    @Test func `interim answers without end are refused`() {
        let text = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 1000)
        #expect(throws: ClientFailure.malformedAnswer("status 100 was not asked for")) { try readAnswer(text) }
    }

    @Test func `what steers a terminal does not come through in a message`() {
        let failure = #expect(throws: ClientFailure.self) { try readAnswer("\u{1b}[2J\u{9b}\r\n\r\n") }
        #expect(failure?.description == "cannot understand the answer: ' [2J' is not a status line of HTTP/1.1")
    }

    @Test(arguments: seeds)
    func `pieces of any size make the same answer`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let answer = GeneratedAnswer(using: &random)
            #expect(try readAnswer(answer.bytes, nextSize: { Int.random(in: 1...20, using: &random) }) == answer.read)
            #expect(try readAnswer(answer.bytes, nextSize: { 1 }) == answer.read)
        }
    }

    @Test(arguments: seeds)
    func `an answer that is cut is never taken for a whole one`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let answer = GeneratedAnswer(using: &random)
            let cut = answer.bytes.prefix(Int.random(in: 0..<answer.bytes.count, using: &random))
            #expect(throws: ClientFailure.self) { try readAnswer(Array(cut), nextSize: { 7 }) }
        }
    }

    @Test(arguments: seeds)
    func `an answer that is damaged is read or refused, in bounded time`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let parts = [
            "\r\n", "\n", "\r", ":", " ", "0", "ffffffffffffffff", "HTTP/1.1 ", "chunked", "Content-Length: 3\r\n",
            "\u{0}",
        ]
        var refused = 0
        for round in 0..<3000 {
            var bytes = round % 10 == 0 ? random.bytes(100) : GeneratedAnswer(using: &random).bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.insert(contentsOf: parts.randomElement(using: &random)!.utf8, at: position)
                default: if bytes.count > 1 { bytes.remove(at: position) }
                }
            }
            do throws(ClientFailure) {
                let answer = try readAnswer(bytes, nextSize: { Int.random(in: 1...50, using: &random) })
                #expect(answer.content.count <= bytes.count)
            } catch {
                refused += 1
                let hasLineEnd = error.description.contains(where: \.isNewline)
                #expect(!hasLineEnd)
            }
        }
        #expect(refused > 300)
    }
}

/// A well-formed answer whose end does not depend on the connection's, and what is to be made of it.
private struct GeneratedAnswer {
    let bytes: [UInt8]
    let read: ReadAnswer

    init(using random: inout SeededGenerator) {
        let content = random.bytes(Int.random(in: 0...200, using: &random))
        let status = [200, 201, 404, 503].randomElement(using: &random)!
        var text = Bool.random(using: &random) ? "HTTP/1.1 100 Continue\r\n\r\n" : ""
        text += "HTTP/1.1 \(status) Some Reason\r\nETag: \"a-1\"\r\n"
        if Bool.random(using: &random) {
            bytes = Array("\(text)Content-Length: \(content.count)\r\n\r\n".utf8) + content
        } else {
            var bytes = Array("\(text)Transfer-Encoding: chunked\r\n\r\n".utf8)
            var rest = content[...]
            while !rest.isEmpty {
                let chunk = rest.prefix(Int.random(in: 1...50, using: &random))
                bytes += Array("\(String(chunk.count, radix: 16, uppercase: .random(using: &random)))\r\n".utf8) + chunk
                bytes += Array("\r\n".utf8)
                rest = rest.dropFirst(chunk.count)
            }
            self.bytes = bytes + Array("0\r\n\r\n".utf8)
        }
        read = ReadAnswer(status: status, content: content)
    }
}
