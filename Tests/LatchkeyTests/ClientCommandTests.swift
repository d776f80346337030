import Glibc
import Sockets
import TestSupport
import Testing

/// What the commands make of answers that the server itself would be hard to bring to give.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct ClientCommandTests {
    @Test func `the flag wins over the variable`() async throws {
        try await blocking {
            let server = try ScriptedServer([valueAnswer("x")])
            let outcome = try Program.run(
                ["get", "k", "--url", server.url + "/kv"], environment: ["LATCHKEY_URL": "http://127.0.0.1:1"])
            #expect(outcome == Program.Outcome(code: 0, output: "x", errors: ""))
            #expect(server.requests.map(\.line) == ["GET /kv/keys/k HTTP/1.1"])
        }
    }

    @Test func `a range is asked for, and only a part is taken for one`() async throws {
        try await blocking {
            let server = try ScriptedServer([
                .text("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 1-2/9\r\nContent-Length: 2\r\n\r\nbc"),
                valueAnswer("abcdefghi"), errorAnswer("416 Range Not Satisfiable", "too far\n"),
            ])
            let part = try Program.run(["get", "k", "--range", "1-2", "--url", server.url])
            #expect(part == Program.Outcome(code: 0, output: "bc", errors: ""))
            #expect(server.requests[0].fields.contains("Range: bytes=1-2"))
            let whole = try Program.run(["get", "k", "--range", "1-", "--url", server.url])
            #expect(whole.code == 1)
            #expect(whole.output.isEmpty)
            #expect(isOneLine(whole.errors, with: "whole value"))
            let beyond = try Program.run(["get", "k", "--range=-0", "--url", server.url])
            #expect(beyond.code == 1)
            #expect(isOneLine(beyond.errors, with: "too far"))
        }
    }

    @Test func `put says type, time to live and condition`() async throws {
        try await blocking {
            let server = try ScriptedServer([
                .text("HTTP/1.1 201 Created\r\nETag: \"b-2\"\r\nContent-Length: 0\r\n\r\n")
            ])
            let outcome = try Program.run([
                "put", "k", "--ttl", "60", "--content-type", "text/plain", "--if-absent", "--url", server.url,
            ])
            #expect(outcome == Program.Outcome(code: 0, output: "\"b-2\"\n", errors: ""))
            let request = try #require(server.requests.first)
            #expect(request.line == "PUT /keys/k?ttl=60 HTTP/1.1")
            #expect(request.fields.contains("Content-Type: text/plain"))
            #expect(request.fields.contains("If-None-Match: *"))
            #expect(request.content.isEmpty)
        }
    }

    @Test(arguments: [
        ("500 Internal Server Error", 1), ("503 Service Unavailable", 1), ("404 Not Found", 3), ("400 Bad Request", 1),
        ("412 Precondition Failed", 4), ("301 Moved Permanently", 1),
    ])
    func `a refusal is one line with the server's words, and its exit code`(status: String, code: Int32) async throws {
        try await blocking {
            let commands = [["get", "k"], ["put", "k"], ["delete", "k"]]
            let server = try ScriptedServer(commands.map { _ in errorAnswer(status, "first\u{1b}[2J\nsecond\r\n") })
            for command in commands {
                let outcome = try Program.run(command + ["--url", server.url])
                #expect(outcome.code == code)
                #expect(outcome.output.isEmpty)
                #expect(outcome.errors == "latchkey: the server answered \(status): first [2J second\n")
            }
        }
    }

    @Test func `a value that does not arrive whole is a failure`() async throws {
        try await blocking {
            let server = try ScriptedServer([.text("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")])
            let outcome = try Program.run(["get", "k", "--url", server.url])
            #expect(outcome.code == 1)
            #expect(outcome.output == "short")
            #expect(isOneLine(outcome.errors, with: "it ended 5 bytes too early"))
        }
    }

    @Test func `a name that nobody has is told in the resolver's words`() async throws {
        try await blocking {
            // Too long for a name, so nobody is asked for it.
            let name = String(repeating: "a", count: 300)
            let outcome = try Program.run(["get", "k", "--url", "http://\(name)"])
            #expect(outcome.code == 1)
            #expect(isOneLine(outcome.errors, with: "cannot resolve the host '\(name)': "))
            #expect(!outcome.errors.contains("assign requested address"))
        }
    }

    @Test func `nobody there is one line and exit code 1`() async throws {
        try await blocking {
            for command in [["get", "k"], ["put", "k"], ["delete", "k"], ["list"], ["watch", "k"]] {
                // The service that has this port is long gone, and the system gives it to nobody who asks for any.
                let outcome = try Program.run(command + ["--url", "http://127.0.0.1:1"])
                #expect(outcome.code == 1)
                #expect(isOneLine(outcome.errors, with: "Connection refused"))
            }
        }
    }

    @Test(arguments: [
        (["get"], "<key>"), (["get", ""], "at least one byte"), (["get", "k", "--range", "x"], "--range"),
        (["get", "k", "--range", "-"], "--range"), (["get", "k", "--url", "ftp://h"], "https://"),
        (["put", "k", "--content-type", "a\r\nb"], "Content-Type"),
        (["put", "k", "--if-absent", "--if-match", "a"], "exclude"),
        (["put", "k", "f", "g"], "g"), (["list", "--limit", "0"], "--limit"),
        (["watch", "k", "--count", "-1"], "--count"),
        (["delete", "k", "--timeout", "0"], "--timeout"),
    ])
    func `wrong usage is one line that names it, and exit code 2`(arguments: [String], named: String) async throws {
        try await blocking {
            let outcome = try Program.run(arguments)
            #expect(outcome.code == 2)
            #expect(isOneLine(outcome.errors, with: named))
            #expect(outcome.output.isEmpty)
        }
    }

    @Test func `a file that is not there is one line and exit code 1, and nothing is asked`() async throws {
        try await blocking {
            let outcome = try Program.run(["put", "k", "/nonexistent/file", "--url", "http://127.0.0.1:1"])
            #expect(outcome.code == 1)
            #expect(isOneLine(outcome.errors, with: "cannot open '/nonexistent/file': No such file or directory"))
        }
    }

    @Test(arguments: ["get", "put", "delete", "list", "watch"])
    func `help tells the exit codes`(command: String) async throws {
        try await blocking {
            let help = try Program.run([command, "--help"])
            #expect(help.code == 0)
            for part in ["Exit codes: 0 done; 1 failed; 2 wrong usage;", "LATCHKEY_URL"] {
                #expect(help.output.contains(part))
            }
            #expect(help.output.split(separator: "\n").filter { !$0.hasPrefix("USAGE") }.allSatisfy { $0.count <= 80 })
        }
    }
}
