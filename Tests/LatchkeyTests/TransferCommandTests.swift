import Glibc
import TestSupport
import Testing

/// get, put and delete against the server itself.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct TransferCommandTests {
    @Test(arguments: [0, 1, 65_536, 10_000_000])
    func `a value comes out as it went in, from a file and from standard input`(count: Int) async throws {
        try await blocking {
            let (server, port) = try Program.serving()
            let directory = try TemporaryDirectory()
            let url = "http://127.0.0.1:\(port)"
            let value = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
            let file = try directory.file("value", value)
            let byName = try Program.run(["put", "by name", file, "--url", url])
            #expect(byName.code == 0)
            #expect(byName.errors.isEmpty)
            let byStream = try Program.run(["put", "by stream", "--url", url], input: file)
            #expect(byStream.code == 0)

            let toFile = try Program.run(["get", "by name", "-o", directory.file("copy"), "--url", url])
            #expect(toFile == Program.Outcome(code: 0, output: "", errors: ""))
            #expect(directory.content("copy") == value)
            let program = try Program(["get", "by stream", "--url", url])
            #expect(try program.output { _ in false } == value)
            #expect(try program.outcome().code == 0)
            withExtendedLifetime(server) {}
        }
    }

    @Test func `a pipe is stored too, and what it holds is nowhere counted before`() async throws {
        try await blocking {
            let (server, port) = try Program.serving()
            let directory = try TemporaryDirectory()
            let url = "http://127.0.0.1:\(port)"
            let pipe = directory.file("pipe")
            try #require(mkfifo(pipe, 0o600) == 0)
            let writingEnd = open(pipe, O_RDWR | O_CLOEXEC)
            let program = try Program(["put", "piped", "-", "--url", url], surroundings: .init(input: pipe))
            let value = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
            var rest = value[...]
            while !rest.isEmpty {
                rest = rest.dropFirst(rest.withUnsafeBytes { write(writingEnd, $0.baseAddress, $0.count) })
            }
            close(writingEnd)
            #expect(try program.outcome().code == 0)
            #expect(try Program(["get", "piped", "--url", url]).output { _ in false } == value)
            withExtendedLifetime(server) {}
        }
    }

    @Test(arguments: ["/", "a//b", "..", "a/../b", "a b?c=d&e#f", "%41+%zz", "-dash", "é\u{301}", "\u{fffd}", "\n"])
    func `a key is taken as it is`(key: String) async throws {
        try await blocking {
            let (server, port) = try Program.serving()
            let directory = try TemporaryDirectory()
            let environment = ["LATCHKEY_URL": "http://127.0.0.1:\(port)/"]
            let file = try directory.file("value", Array(key.utf8))
            #expect(try Program.run(["put", "--", key, file], environment: environment).code == 0)
            #expect(try Program.run(["get", "--", key], environment: environment).output == key)
            #expect(try Program.run(["get", "--", key + "x"], environment: environment).code == 3)
            #expect(try Program.run(["delete", "--", key], environment: environment).code == 0)
            #expect(try Program.run(["delete", "--", key], environment: environment).code == 3)
            withExtendedLifetime(server) {}
        }
    }

    @Test func `a key need not be UTF-8`() async throws {
        try await blocking {
            let server = try ScriptedServer([valueAnswer("x")])
            let program = try Program(
                ["get", "--url", server.url], surroundings: .init(lastArguments: [[0x61, 0xff, 0x2f, 0xc3, 0x62]]))
            #expect(try program.outcome().code == 0)
            #expect(server.requests.map(\.line) == ["GET /keys/a%FF/%C3b HTTP/1.1"])
        }
    }

    @Test func `the tag that put prints is the one that a condition takes, with its quotes or without`() async throws {
        try await blocking {
            let (server, port) = try Program.serving()
            let environment = ["LATCHKEY_URL": "http://127.0.0.1:\(port)"]
            func run(_ arguments: String...) throws -> Program.Outcome {
                try Program.run(arguments, environment: environment)
            }
            let first = String(try run("put", "k").output.dropLast())
            #expect(first.first == "\"" && first.last == "\"")
            #expect(try run("put", "k", "--if-absent").code == 4)
            let second = String(try run("put", "k", "--if-match", first).output.dropLast())
            #expect(second != first)
            let stale = try run("put", "k", "--if-match", first)
            #expect(stale.code == 4)
            #expect(stale.output.isEmpty)
            #expect(isOneLine(stale.errors, with: "If-Match"))
            #expect(try run("put", "k", "--if-match", "*").code == 0)
            #expect(try run("delete", "k", "--if-match", second).code == 4)
            let last = try run("watch", "k", "--count", "1").output.split(separator: " ")[0].dropFirst().dropLast()
            #expect(try run("delete", "k", "--if-match", String(last)).code == 0)
            #expect(try run("put", "k", "--if-absent").code == 0)
            withExtendedLifetime(server) {}
        }
    }

    @Test func `a missing key leaves the output file alone`() async throws {
        try await blocking {
            let (server, port) = try Program.serving()
            let directory = try TemporaryDirectory()
            let file = try directory.file("kept", [1, 2, 3])
            let outcome = try Program.run(["get", "missing", "-o", file, "--url", "http://127.0.0.1:\(port)"])
            #expect(outcome.code == 3)
            #expect(isOneLine(outcome.errors, with: "no value is stored under this key"))
            #expect(directory.content("kept") == [1, 2, 3])
            withExtendedLifetime(server) {}
        }
    }

    @Test func `a value over the limit is refused in the server's words`() async throws {
        try await blocking {
            let (server, port) = try Program.serving(["--max-value-bytes", "10"])
            let directory = try TemporaryDirectory()
            let file = try directory.file("value", [UInt8](repeating: 0, count: 1_000_000))
            let outcome = try Program.run(["put", "k", file, "--url", "http://127.0.0.1:\(port)"])
            #expect(outcome.code == 1)
            #expect(
                isOneLine(
                    outcome.errors, with: "413 Content Too Large: the value of 1000000 bytes is larger than the limit"))
            withExtendedLifetime(server) {}
        }
    }
}
