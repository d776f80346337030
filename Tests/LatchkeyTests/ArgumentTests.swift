import TestSupport
import Testing

@testable import latchkey

/// Arguments that are not UTF-8, and descriptors that are closed.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct ArgumentTests {
    @Test(arguments: [
        [], [0x61], Array("é\u{301}😀\u{fffd}".utf8), [0xff], [0xc3], [0xc3, 0x28], [0xf0, 0x9f, 0x98],
        [0xed, 0xa0, 0x80],
        Array("\u{10fe80}".utf8), Array("\u{10fe7f}\u{10feff}\u{10ff00}".utf8), [0xf4, 0x8f, 0xba, 0x80, 0xba, 0xff],
        [0xc0, 0x80],
    ])
    func `an argument comes back from its text byte for byte`(bytes: [UInt8]) {
        #expect(ArgumentText.bytes(ArgumentText.text(bytes)) == bytes)
    }

    @Test(arguments: seeds)
    func `whatever the bytes, no two arguments have one text`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        // Those of which the private scalars and other long sequences are made are frequent.
        let alphabet: [UInt8] = [0xf4, 0x8f, 0xb9, 0xba, 0xbb, 0x80, 0xbf, 0xc3, 0xe2, 0x61, 0xff]
        for _ in 0..<2_000 {
            let count = Int(random.next() % 12)
            let bytes = random.next() % 2 == 0 ? random.bytes(count, of: alphabet) : random.bytes(count)
            #expect(ArgumentText.bytes(ArgumentText.text(bytes)) == bytes, "\(bytes)")
        }
    }

    @Test func `what is UTF-8 reads as it is, and what is not is shown as replaced`() {
        #expect(ArgumentText.text(Array("--key=é".utf8)) == "--key=é")
        #expect(ArgumentText.shown(ArgumentText.text([0x61, 0xff, 0x62])) == "a\u{fffd}b")
    }

    /// The bytes of `text` and one more.
    private static func raw(_ text: String, _ byte: UInt8) -> [UInt8] { Array(text.utf8) + [byte] }

    @Test func `of two arguments that are not UTF-8 each is itself`() async throws {
        try await withCurl { curl in
            func run(_ command: String, _ arguments: [UInt8]...) throws -> Program.Outcome {
                try Program(
                    [command], environment: ["LATCHKEY_URL": curl.url], surroundings: .init(lastArguments: arguments)
                ).outcome()
            }
            let path = curl.path("f_")
            let (key, file) = (Self.raw(path, 0xff), Self.raw(path, 0xfe))
            let script = "printf right >\"$1\"; printf wrong >\"$2\""
            let files = try Program(
                ["-c", script, "sh"], surroundings: .init(executable: "/bin/sh", lastArguments: [file, key]))
            #expect(try files.outcome().code == 0)

            #expect(try run("put", key, file).code == 0)
            #expect(try run("get", key).output == "right")
            let copy = Self.raw(path, 0xfd)
            #expect(try run("get", key, Array("-o".utf8), copy).code == 0)
            #expect(try run("get", key, Array("--output=".utf8) + Self.raw(path, 0xfc)).code == 0)
            let comparison = try Program(
                ["-c", "cmp \"$1\" \"$2\" && cmp \"$1\" \"$3\"", "sh"],
                surroundings: .init(executable: "/bin/sh", lastArguments: [file, copy, Self.raw(path, 0xfc)]))
            #expect(try comparison.outcome().code == 0)
        }
    }

    @Test func `a content type is stored as it was given`() async throws {
        try await withCurl { curl in
            let put = try Program(
                ["put", "k", "--url", curl.url],
                surroundings: .init(lastArguments: [Array("--content-type".utf8), Self.raw("a/", 0xff)]))
            #expect(try put.outcome().code == 0)
            #expect(try curl("-D", curl.path("head"), "\(curl.url)/keys/k").code == 0)
            let lines = try curl.read("head").split(separator: UInt8(ascii: "\n"))
            #expect(lines.contains { $0.elementsEqual(Array("Content-Type: a/".utf8) + [0xff, 0x0d]) })
        }
    }

    @Test func `a time to live is sent as it was given`() async throws {
        try await blocking {
            let server = try ScriptedServer([errorAnswer("400 Bad Request")])
            let put = try Program(
                ["put", "k", "--url", server.url], surroundings: .init(lastArguments: [Self.raw("--ttl=", 0xfd)]))
            #expect(try put.outcome().code == 1)
            #expect(server.requests.map(\.line) == ["PUT /keys/k?ttl=%FD HTTP/1.1"])
        }
    }

    @Test func `a setting that is not UTF-8 is refused, and the message is`() async throws {
        try await blocking {
            let setting = try Program(
                ["serve"], surroundings: .init(lastArguments: [Array("--config".utf8), Self.raw("x", 0xff)]))
            let outcome = try setting.outcome()
            #expect(outcome.code == 2)
            #expect(isOneLine(outcome.errors, with: "--config: 'x\u{fffd}' is not UTF-8"))
            let unknown = try Program([], surroundings: .init(lastArguments: [Self.raw("--x", 0xff)])).outcome()
            #expect(unknown.code == 2)
            #expect(isOneLine(unknown.errors, with: "--x\u{fffd}"))
        }
    }

    @Test(arguments: [0, 1, 2] as [Int32])
    func `a closed descriptor is no place for a socket, and no value is taken from it or lost in it`(
        closed: Int32
    ) async throws {
        try await withCurl { curl in
            func run(_ arguments: String...) throws -> Program.Outcome {
                try Program(
                    arguments, environment: ["LATCHKEY_URL": curl.url], surroundings: .init(closed: [closed])
                ).outcome()
            }
            let file = try curl.write("value", Array("v".utf8))
            #expect(try run("put", "k", file).code == (closed == 1 ? 1 : 0))
            #expect(try curl("\(curl.url)/keys/k").output == "v")
            let got = try run("get", "k")
            #expect(got.code == (closed == 1 ? 1 : 0))
            if closed == 1 { #expect(isOneLine(got.errors, with: "cannot write standard output: Bad file descriptor")) }
            let put = try run("put", "k")
            if closed == 0 {
                #expect(put.code == 1)
                #expect(isOneLine(put.errors, with: "cannot read standard input: Bad file descriptor"))
            }
            if closed == 2 { #expect(try run("get", "missing") == .init(code: 3, output: "", errors: "")) }
            #expect(try curl("\(curl.url)/keys/k").output == (closed == 0 ? "v" : ""))
        }
    }
}
