import Glibc
import Sockets
import TestSupport
import Testing

/// Tokens, as the program itself reads and asks for them.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct TokenTests {
    private static let writer = "writer-0123456789"
    private static let reader = "reader-0123456789"
    private static let wrong = "wrong-0123456789"

    /// A server with a file of each kind.
    private func withTokens(
        _ arguments: [String] = [], _ body: @Sendable (Curl, Program, TemporaryDirectory) throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let files = [
            "--token-file", try directory.file("writers", Array("# ours\n\(Self.writer)\n".utf8)),
            "--read-token-file", try directory.file("readers", Array("\(Self.reader)\n".utf8)),
        ]
        try await withCurlAndServer(files + arguments) { curl, program, _ in try body(curl, program, directory) }
    }

    private static func showing(_ token: String) -> [String] { ["-H", "Authorization: Bearer \(token)"] }

    @Test func `curl with a token is let in, and without one is told what is missing`() async throws {
        try await withTokens { curl, _, _ in
            let (key, file) = ("\(curl.url)/keys/a", try curl.write("f", Array("v".utf8)))
            func status(_ arguments: [String], _ token: String?) throws -> Int? {
                let all = ["-o", "/dev/null", "-w", "%{http_code}"] + arguments + (token.map(Self.showing) ?? [])
                return Int(try curl.start(all).outcome().output)
            }
            #expect(try status(["-T", file, key], Self.writer) == 201)
            #expect(try status(["-T", file, key], Self.reader) == 403)
            #expect(try status(["-T", file, key], nil) == 401)
            #expect(try status([key], Self.reader) == 200)
            #expect(try status([key], Self.writer) == 200)
            #expect(try status([key], Self.wrong) == 401)
            #expect(try status([key], nil) == 401)
            #expect(try status(["\(curl.url)/metrics"], nil) == 401)
            #expect(try status(["\(curl.url)/metrics"], Self.reader) == 200)
            for path in ["livez", "healthz", "readyz", "openapi.yaml", ""] {
                #expect(try status(["\(curl.url)/\(path)"], nil) == 200, "\(path)")
            }
            let told = try curl("-i", key).output
            #expect(told.contains("WWW-Authenticate: Bearer realm=\"latchkey\"\r\n"))
            #expect(told.hasSuffix("a token is needed here, in a field 'Authorization: Bearer TOKEN'\n"))
            let metrics = try curl.start(Self.showing(Self.reader) + ["\(curl.url)/metrics"]).outcome().output
            #expect(metrics.contains("\nlatchkey_http_rejected_total{reason=\"unauthorized\"} 5\n"))
            #expect(metrics.contains("\nlatchkey_http_rejected_total{reason=\"forbidden\"} 1\n"))
        }
    }

    @Test func `a large upload is refused before it is sent`() async throws {
        try await withTokens { curl, _, _ in
            let file = try curl.write("large", [UInt8](repeating: 7, count: 8 << 20))
            let outcome = try curl.start(
                ["-T", file, "-H", "Expect: 100-continue", "-o", "/dev/null", "-w", "%{http_code} %{size_upload}"]
                    + Self.showing(Self.reader) + ["\(curl.url)/keys/a"]
            ).outcome()
            #expect(outcome.output == "403 0", "\(outcome)")
        }
    }

    @Test func `the help says that a token is needed`() async throws {
        try await withTokens { curl, _, _ in
            let help = try curl("\(curl.url)/").output
            #expect(help.contains("Authorization: Bearer $TOKEN"))
        }
        try await withCurl { curl in
            let help = try curl("\(curl.url)/").output
            #expect(!help.contains("Authorization"))
        }
    }

    @Test func `no token comes into the log, whatever is logged and shown`() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.file("writers", Array(Self.writer.utf8))
        try await blocking {
            let (program, port) = try Program.serving([
                "--token-file", file, "--log-level", "trace", "--access-log", "targets", "--slow-request", "1ms",
            ])
            for token in [Self.writer, Self.wrong, "a b c, \(Self.wrong)"] {
                _ = try exchange(
                    port,
                    "GET /keys/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \(token)\r\n\r\n")
            }
            try directory.file("writers", Array("too short".utf8))
            program.signal(SIGHUP)
            try program.waitToSay("not read anew")
            program.signal(SIGTERM)
            let outcome = try program.outcome()
            #expect(outcome.errors.contains(" status=401 target=/keys/a"), "\(outcome)")
            for secret in ["0123456789", "too short", "Bearer"] { #expect(!outcome.errors.contains(secret)) }
        }
    }

    @Test func `SIGHUP has the files read anew, and no connection ends`() async throws {
        try await withTokens { curl, program, directory in
            let client = try connect(try program.port())
            func status(_ token: String) throws -> String {
                try client.send(
                    Array("GET /keys/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n\r\n".utf8))
                // A refusal is short, and comes whole.
                return String(decoding: try client.receive().dropFirst(9).prefix(3), as: UTF8.self)
            }
            #expect(try status(Self.writer) == "404")
            #expect(try status("second-0123456789") == "401")
            try directory.file("writers", Array("second-0123456789".utf8))
            program.signal(SIGHUP)
            try repeatUntil("see the new token let in") { try status("second-0123456789") == "404" }
            #expect(try status(Self.writer) == "401")
            #expect(try status(Self.reader) == "404")
            // Now with files that cannot be used: nothing changes.
            for content in ["", "short", "# none\n"] {
                try directory.file("readers", Array(content.utf8))
                program.signal(SIGHUP)
            }
            try program.waitToSay("error not read anew, those before stay reason=\"cannot use token file")
            #expect(try status("second-0123456789") == "404")
            #expect(try status(Self.reader) == "404")
        }
    }

    @Test func `a server without such files ends with SIGHUP, as any program does`() async throws {
        try await blocking {
            let (program, _) = try Program.serving()
            program.signal(SIGHUP)
            #expect(try program.outcome().code == 128 + SIGHUP)
        }
    }

    @Test(arguments: ["--token-file", "--read-token-file"])
    func `a file that cannot be used is one line and exit code 1`(flag: String) async throws {
        let directory = try TemporaryDirectory()
        let good = try directory.file("good", Array(Self.writer.utf8))
        let cases = [
            (directory.file("missing"), "No such file or directory"), (directory.path, "not a regular file"),
            (try directory.file("empty", []), "there is no token in it"),
            (
                try directory.file("short", Array("ok\n0123456789abcde\n".utf8)),
                "line 1: a token has 16 to 512 characters"
            ),
            (try directory.file("long", [UInt8](repeating: 0x23, count: 200_000)), "longer than 131072 bytes"),
        ]
        try await blocking {
            for (path, reason) in cases {
                let other = flag == "--token-file" ? [] : ["--token-file", good]
                let outcome = try Program.run(["--port", "0", flag, path] + other)
                #expect(outcome.code == 1)
                #expect(isOneLine(outcome.errors, with: "cannot use token file \(path): \(reason)"), "\(outcome)")
                #expect(outcome.output.isEmpty)
            }
        }
    }

    @Test func `tokens for reading alone are refused`() async throws {
        try await blocking {
            let outcome = try Program.run(["--port", "0", "--read-token-file", "/dev/null"])
            #expect(outcome.code == 2)
            #expect(isOneLine(outcome.errors, with: "--read-token-file needs --token-file too"))
        }
    }

    @Test func `the program's own client shows the token in its file`() async throws {
        try await withTokens { curl, _, directory in
            let value = try curl.write("value", Array("v".utf8))
            let environment = ["LATCHKEY_URL": curl.url, "LATCHKEY_TOKEN_FILE": "\(directory.path)/writers"]
            let reading = ["--token-file", "\(directory.path)/readers"]
            #expect(try Program.run(["put", "a", value], environment: environment).code == 0)
            #expect(try Program.run(["get", "a"], environment: environment).output == "v")
            #expect(try Program.run(["list"] + reading, environment: environment).output == "a\n")
            let watch = try Program(["watch", "a", "--count", "2"] + reading, environment: environment)
            _ = try watch.lines(1)
            let forbidden = try Program.run(["delete", "a"] + reading, environment: environment)
            #expect(forbidden.code == 1)
            #expect(isOneLine(forbidden.errors, with: "403 Forbidden: the token in Authorization is for reading only"))
            #expect(try Program.run(["delete", "a"], environment: environment).code == 0)
            #expect(try watch.lines(2)[1] == "deleted")
            let stranger = try Program.run(["get", "a", "--url", curl.url])
            #expect(stranger.code == 1)
            #expect(isOneLine(stranger.errors, with: "401 Unauthorized: a token is needed here"))
            let unusable = try Program.run(["get", "a", "--token-file", "/dev/null"], environment: environment)
            #expect(unusable.code == 1)
            #expect(isOneLine(unusable.errors, with: "cannot use token file '/dev/null': there is no token in it"))
        }
    }
}
