import Glibc
import TestSupport
import Testing

/// list and watch against a server that plays a script.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct ListAndWatchTests {
    private static func page(_ text: String, next: String? = nil) -> ScriptedServer.Answer {
        valueAnswer(text, fields: next.map { "Link: <\($0)>; rel=\"next\"\r\n" } ?? "")
    }

    @Test func `a list goes through all pages, wherever the links say that they are`() async throws {
        try await blocking {
            let server = try ScriptedServer([
                Self.page("a\nb%20c\n", next: "/keys/?prefix=&cursor=1"),
                Self.page("", next: "http://elsewhere/x?cursor=2#f"),
                Self.page("d", next: "?cursor=3"), Self.page("e\n"),
            ])
            let outcome = try Program.run(["list", "--url", server.url + "/kv"])
            #expect(outcome == Program.Outcome(code: 0, output: "a\nb%20c\nd\ne\n", errors: ""))
            #expect(
                server.requests.map(\.line)
                    == ["prefix=", "prefix=&cursor=1", "cursor=2", "cursor=3"].map { "GET /kv/keys/?\($0) HTTP/1.1" })
        }
    }

    @Test func `a list ends at its limit`() async throws {
        try await blocking {
            let server = try ScriptedServer([
                Self.page("a\nb\n", next: "/keys/?cursor=1"), Self.page("c\nd\ne\n", next: "/keys/?cursor=2"),
            ])
            let outcome = try Program.run(["list", "a b+/&", "--limit", "3", "--url", server.url])
            #expect(outcome == Program.Outcome(code: 0, output: "a\nb\nc\n", errors: ""))
            #expect(
                server.requests.map(\.line)
                    == ["GET /keys/?prefix=a%20b%2B/%26&limit=3 HTTP/1.1", "GET /keys/?cursor=1 HTTP/1.1"])
        }
    }

    @Test(arguments: ["/keys/?prefix=", "/keys/", "?", "/keys/?a b"])
    func `a link that leads nowhere ends the list with a failure`(link: String) async throws {
        try await blocking {
            let server = try ScriptedServer([Self.page("a\n", next: link), Self.page("b\n")])
            let outcome = try Program.run(["list", "--url", server.url])
            #expect(outcome.code == 1)
            #expect(isOneLine(outcome.errors, with: "leads nowhere"))
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a service without a list is a failure, and no missing key`() async throws {
        try await blocking {
            let server = try ScriptedServer([errorAnswer("404 Not Found")])
            let outcome = try Program.run(["list", "--url", server.url])
            #expect(outcome.code == 1)
            #expect(isOneLine(outcome.errors, with: "no list of keys"))
        }
    }

    @Test func `a watch tells each new state once`() async throws {
        try await blocking {
            let missing = errorAnswer("404 Not Found", "no such key\n")
            let server = try ScriptedServer([
                missing, missing, missing, valueAnswer("four", tag: "\"a-1\""), errorAnswer("304 Not Modified"),
                valueAnswer("", tag: "\"a-2\""), missing, valueAnswer("x", tag: "\"a-3\""),
            ])
            let outcome = try Program.run(["watch", "k", "--count", "5", "--url", server.url])
            #expect(
                outcome
                    == Program.Outcome(
                        code: 0, output: "deleted\n\"a-1\" 4\n\"a-2\" 0\ndeleted\n\"a-3\" 1\n", errors: ""))
            let asked = server.requests.map { request in
                request.fields.filter { $0.hasPrefix("If-None-Match: ") || $0.hasPrefix("Prefer: ") }
            }
            let wait = "Prefer: wait=30"
            let first = ["If-None-Match: \"a-1\"", wait]
            #expect(asked == [[], [wait], [wait], [wait], first, first, ["If-None-Match: \"a-2\"", wait], [wait]])
        }
    }

    @Test func `a watch can print the values themselves`() async throws {
        try await blocking {
            let server = try ScriptedServer([
                valueAnswer("one\ntwo", tag: "\"a-1\""), errorAnswer("404 Not Found"), valueAnswer("", tag: "\"a-3\""),
            ])
            let outcome = try Program.run(["watch", "k", "--values", "--count", "3", "--url", server.url])
            #expect(outcome == Program.Outcome(code: 0, output: "one\ntwo\n\n", errors: "deleted\n"))
        }
    }

    @Test func `a watch goes on until it is interrupted, and says at once what it sees`() async throws {
        try await blocking {
            let server = try ScriptedServer([valueAnswer("x"), .custom { $0.discardInput() }])
            let program = try Program(["watch", "k", "--url", server.url])
            #expect(try program.output { $0.contains(UInt8(ascii: "\n")) } == Array("\"a-1\" 1\n".utf8))
            program.signal(SIGINT)
            #expect(try program.outcome().code == 128 + SIGINT)
        }
    }

    @Test func `a watch ends when the server fails`() async throws {
        try await blocking {
            let server = try ScriptedServer([valueAnswer("x"), errorAnswer("503 Service Unavailable", "overloaded\n")])
            let outcome = try Program.run(["watch", "k", "--url", server.url])
            #expect(outcome.code == 1)
            #expect(isOneLine(outcome.errors, with: "overloaded"))
        }
    }
}
