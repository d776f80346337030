import ByteBuffers
import TestSupport
import Testing

@testable import HTTPMessages

@Suite struct StoredFieldsTests {
    private typealias Line = (name: [UInt8], value: [UInt8])

    private func stored(_ lines: [(String, String)]) throws(Problem) -> String? {
        try storedBytes(lines.map { (Array($0.utf8), Array($1.utf8)) }).map { String(decoding: $0, as: UTF8.self) }
    }

    private func storedBytes(_ lines: [Line]) throws(Problem) -> [UInt8]? {
        try withRequest(lines: lines) { request in
            Result { () throws(Problem) in try request.withStoredFields { Array($0) } }
        }.get()
    }

    private func expectProblem(_ detail: String, _ lines: [(String, String)]) {
        #expect(throws: Problem(.badRequest, detail)) { try stored(lines) }
    }

    @Test func `a request that says nothing about its content has nothing stored`() throws {
        #expect(try stored([]) == "")
        #expect(try stored([("Accept", "a"), ("If-Match", "*"), ("X-Other", "a")]) == "")
        #expect(try stored([("Content-Type", ""), ("Content-Encoding", " ")]) == "")
    }

    @Test func `the type that a value has without one is not stored`() throws {
        #expect(try stored([("Content-Type", "application/octet-stream")]) == "")
        #expect(
            try stored([("Content-Type", "application/octet-stream"), ("Latchkey-Meta-a", "b")])
                == "\r\nLatchkey-Meta-a: b")
        for other in ["Application/octet-stream", "application/octet-stream;a=b"] {
            #expect(try stored([("Content-Type", other)]) == "\r\nContent-Type: \(other)")
        }
    }

    @Test func `the fields come in their order, names as HTTP or the client spells them`() throws {
        let lines = [
            ("latchkey-META-b", "2"), ("content-ENCODING", "gzip"), ("Accept", "x"), ("Latchkey-Meta-A", " a, b "),
            ("CONTENT-type", "text/plain"),
        ]
        #expect(
            try stored(lines)
                == "\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nlatchkey-META-b: 2"
                + "\r\nLatchkey-Meta-A: a, b")
        #expect(try stored([("Content-Type", "a")]) == "\r\nContent-Type: a")
        #expect(try stored([("Content-Encoding", "br")]) == "\r\nContent-Encoding: br")
        #expect(try stored([("Latchkey-Meta-x", "\u{e9}\t!")]) == "\r\nLatchkey-Meta-x: \u{e9}\t!")
    }

    @Test func `lines of Content-Encoding are one list`() throws {
        let lines = [("Content-Encoding", "gzip"), ("Content-Encoding", ""), ("Content-Encoding", "br, x")]
        #expect(try stored(lines) == "\r\nContent-Encoding: gzip, br, x")
        let half = String(repeating: "x", count: 31)
        #expect(throws: Never.self) { try stored([("Content-Encoding", half), ("Content-Encoding", half)]) }
        expectProblem(
            "Content-Encoding, which begins with '\(half)', has 65 bytes; the limit is 64",
            [("Content-Encoding", half), ("Content-Encoding", half + "x")])
    }

    @Test func `a content type has at most 255 bytes and stands once`() throws {
        let longest = String(repeating: "x", count: 255)
        #expect(try stored([("Content-Type", longest)]) == "\r\nContent-Type: \(longest)")
        expectProblem(
            "Content-Type '\(longest.prefix(64))…' has 256 bytes; the limit is 255", [("Content-Type", longest + "x")])
        for second in ["a", "b", ""] {
            expectProblem(
                "Content-Type is given more than once: 'a' and '\(second)'",
                [("Content-Type", "a"), ("content-type", second)])
        }
    }

    @Test func `no byte that breaks a line gets into one`() {
        for byte in UInt8.min ... .max {
            let isControl = (byte < 0x20 && byte != 0x09) || byte == 0x7f
            let value = [0x61, byte, 0x62]
            for name in ["Content-Type", "Latchkey-Meta-a"] {
                if isControl {
                    let shown = String(decoding: value, as: UTF8.self)
                    let detail = "\(name) '\(shown)' has a control character, its byte 2"
                    #expect(throws: Problem(.badRequest, detail)) { try storedBytes([(Array(name.utf8), value)]) }
                } else {
                    #expect(throws: Never.self) { try storedBytes([(Array(name.utf8), value)]) }
                }
            }
        }
    }

    @Test func `a content encoding is a list of tokens`() {
        let allowed = Array("!#$%&'*+-.^_`|~,0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for byte in UInt8.min ... .max {
            let line = (Array("Content-Encoding".utf8), [0x61, byte, 0x62])
            if allowed.contains(byte) {
                #expect(throws: Never.self) { try storedBytes([line]) }
            } else {
                #expect(throws: Problem.self) { try storedBytes([line]) }
            }
        }
        for value in ["a;b", "gz ip", "gzip, b r", ",", ", ,", "\"a\""] {
            expectProblem(
                "Content-Encoding '\(value)' is not a list of tokens such as gzip", [("Content-Encoding", value)])
        }
        expectProblem(
            "Content-Encoding ',' is not a list of tokens such as gzip",
            [("Content-Encoding", "gzip"), ("Content-Encoding", ",")])
    }

    @Test func `a content encoding is kept without its empty elements`() throws {
        for value in ["gzip,br", ",gzip\t, ,br,", "gzip , br"] {
            #expect(try stored([("Content-Encoding", value)]) == "\r\nContent-Encoding: gzip, br")
        }
    }

    @Test func `the name of metadata is a token`() {
        for byte in UInt8.min ... .max {
            let name = Array("Latchkey-Meta-".utf8) + [byte]
            if byte.isTokenCharacter {
                #expect(throws: Never.self) { try storedBytes([(name, [0x61])]) }
            } else {
                #expect(throws: Problem.self) { try storedBytes([(name, [0x61])]) }
            }
        }
        expectProblem(
            "'Latchkey-Meta-a b' is not a field name of letters, digits and !#$%&'*+-.^_`|~",
            [("Latchkey-Meta-a b", "c")])
    }

    @Test func `metadata is not empty, and no two have one name`() {
        expectProblem("Latchkey-Meta-a is empty; it has at least one byte", [("Latchkey-Meta-a", " ")])
        for name in ["Latchkey-Meta-", "latchkey-meta-"] {
            expectProblem("\(name) has no name after the dash; its value is 'b'", [(name, "b")])
        }
        expectProblem(
            "latchkey-meta-A is given more than once, also as '1'",
            [("Latchkey-Meta-a", "1"), ("Latchkey-Meta-b", "1"), ("latchkey-meta-A", "2")])
        // Same but for the bit that tells the cases of letters apart.
        #expect(throws: Never.self) { try stored([("Latchkey-Meta-^", "1"), ("Latchkey-Meta-~", "2")]) }
    }

    @Test func `metadata has at most 2,048 bytes`() {
        let value = String(repeating: "x", count: 1_009)
        #expect(throws: Never.self) { try stored([("Latchkey-Meta-a", value), ("Latchkey-Meta-b", value)]) }
        expectProblem(
            "the names and values of Latchkey-Meta-* have 2049 bytes; the limit is 2048",
            [("Latchkey-Meta-a", value), ("Latchkey-Meta-b", value + "x")])
    }

    @Test func `the greatest block is as long as said, and no longer than 4,095 bytes`() throws {
        // One name of 15 bytes for each token character, of which letters count once; then longer ones.
        var names = (UInt8.min ... .max).filter { $0.isTokenCharacter && !(0x41...0x5a).contains($0) }.map { [$0] }
        names += names.map { $0 + [0x61] } + names.map { $0 + [0x62] }
        let metadata = names.map { (name: Array("Latchkey-Meta-".utf8) + $0, value: [0x61] as [UInt8]) }
        var lines: [Line] = [
            (Array("Content-Type".utf8), Array("text/html;".utf8) + Array(repeating: 0x61, count: 245)),
            (Array("Content-Encoding".utf8), Array(repeating: 0x61, count: 64)),
        ]
        var left = StoredFields.maximumMetadataCount
        for line in metadata where line.name.count + line.value.count <= left {
            left -= line.name.count + line.value.count
            lines.append(line)
        }
        let count = try #require(try storedBytes(lines)).count
        #expect(count <= StoredFields.maximumCount && count > StoredFields.maximumCount - 100)
        #expect(StoredFields.maximumCount == 271 + 73 + 84 + 2048 + 128 * 4)
        #expect(StoredFields.maximumCount <= 4_095)
    }
}

@Suite struct StoredFieldsFuzzTests {
    @Test(arguments: seeds)
    func `any fields are refused or come out as lines that read back the same`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (stored, refused) = (0, 0)
        for _ in 0..<4_000 {
            let lines = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                let names = [
                    "Content-Type", "content-encoding", "Latchkey-Meta-a", "latchkey-meta-A", "latchkey-Meta-",
                ]
                var name = Array(names.randomElement(using: &random)!.utf8)
                if name.last == UInt8(ascii: "-") { name += random.bytes(2, of: Array("abcd\r".utf8)) }
                let isLong = Int.random(in: 0..<10, using: &random) == 0
                let count = Int.random(in: 0...(isLong ? 300 : 4), using: &random)
                return (name: name, value: random.bytes(count, of: Array("aaaa, /\n\u{e9}".utf8)))
            }
            withRequest(lines: lines) { request in
                do throws(Problem) {
                    try request.withStoredFields { expect($0, tells: request) }
                    stored += 1
                } catch {
                    #expect(error.status == .badRequest)
                    refused += 1
                }
            }
        }
        #expect(stored > 200 && refused > 200, "\(stored) stored, \(refused) refused")
    }

    /// Takes the block apart again, as a client does, and compares with what the request says.
    private func expect(_ block: BorrowedBytes, tells request: Request) {
        var lines = Array(block).split(separator: Array("\r\n".utf8), omittingEmptySubsequences: false).map {
            Array($0)
        }
        #expect(lines.removeFirst().isEmpty && block.count <= StoredFields.maximumCount)
        func line(_ name: [UInt8], _ value: [UInt8]) -> [UInt8] { name + Array(": ".utf8) + value }
        var expected: [[UInt8]] = []
        if let type = request.first(.contentType), !type.isEmpty {
            expected.append(line(Array("Content-Type".utf8), Array(type)))
        }
        let encodings = request.fields.filter { $0.name == .contentEncoding }.flatMap { field in
            Array(field.value).split(separator: UInt8(ascii: ",")).map { $0.filter { $0 != 0x20 } }.filter {
                !$0.isEmpty
            }
        }
        if !encodings.isEmpty {
            expected.append(line(Array("Content-Encoding".utf8), Array(encodings.joined(separator: Array(", ".utf8)))))
        }
        for field in request.fields where field.name == .metadata {
            expected.append(line(Array(field.text), Array(field.value)))
        }
        #expect(lines == expected)
    }
}
