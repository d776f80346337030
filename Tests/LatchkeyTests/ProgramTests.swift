import Glibc
import Sockets
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(suiteMinutes))) struct ProgramTests {
    @Test func `serving is announced in one line, and SIGTERM ends it with success`() async throws {
        try await blocking {
            let (program, port) = try Program.serving()
            let answer = try exchange(port, "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            program.signal(SIGTERM)
            let outcome = try program.outcome()
            #expect(outcome.isGraceful, "\(outcome)")
            #expect(outcome.output == "latchkey: serving on http://127.0.0.1:\(port)\n")
        }
    }

    @Test func `SIGINT waits for an upload that has begun`() async throws {
        try await blocking {
            let (program, port) = try Program.serving()
            let upload = try startUpload(port)
            program.signal(SIGINT)
            try waitForDrain(port)
            try upload.send(Array("ok".utf8))
            #expect(String(decoding: try upload.receive(), as: UTF8.self).hasPrefix("HTTP/1.1 201 Created\r\n"))
            #expect(try program.outcome().isGraceful)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a second signal ends at once, whatever is in progress`(second: Int32) async throws {
        try await blocking {
            let (program, port) = try Program.serving(["--drain-timeout", "1h"])
            let upload = try startUpload(port)
            program.signal(SIGTERM)
            try waitForDrain(port)
            program.signal(second)
            #expect(try program.outcome().code == 128 + second)
            #expect(try upload.receive().isEmpty)
        }
    }

    @Test func `the drain time-out ends what is not finished`() async throws {
        try await blocking {
            let (program, port) = try Program.serving(["--drain-timeout", "100ms"])
            let upload = try startUpload(port)
            let start = ContinuousClock.now
            program.signal(SIGTERM)
            let outcome = try program.outcome()
            // The default is 10 s.
            #expect((.milliseconds(100)..<Duration.seconds(10)).contains(.now - start))
            #expect(outcome.code == 0)
            #expect(outcome.errors.contains("drain time-out"))
            #expect(try upload.receive().isEmpty)
        }
    }

    @Test func `a flag wins over the environment`() async throws {
        try await blocking {
            let environment = ["LATCHKEY_PORT": "1", "LATCHKEY_MAX_VALUE_BYTES": "10"]
            let (program, port) = try Program.serving(environment: environment)
            let upload = "PUT /keys/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 11\r\n\r\n12345678901"
            #expect(
                try exchange(port, upload).hasSuffix(
                    "\r\n\r\nthe value of 11 bytes is larger than the limit of 10 bytes\n")
            )
            program.signal(SIGTERM)
            #expect(try program.outcome().isGraceful)
        }
    }

    @Test func `the health check tells a healthy server from none`() async throws {
        try await blocking {
            let (program, port) = try Program.serving()
            let arguments = ["healthcheck", "--port", "\(port)"]
            let healthy = try Program.run(arguments)
            #expect(healthy == Program.Outcome(code: 0, output: "", errors: ""))
            program.signal(SIGTERM)
            #expect(try program.outcome().isGraceful)
            let gone = try Program.run(arguments)
            #expect(gone.code == 1)
            #expect(isOneLine(gone.errors, with: "127.0.0.1:\(port) is not ready"))
        }
    }

    @Test func `a taken port is one line and exit code 1`() async throws {
        try await blocking {
            let taken = try Listener(host: "127.0.0.1", port: 0)
            let outcome = try Program.run(["--port", "\(taken.address.port)"])
            #expect(outcome.code == 1)
            #expect(isOneLine(outcome.errors, with: "Address already in use"))
            #expect(outcome.output.isEmpty)
        }
    }

    @Test(arguments: [
        (["--port", "65536"], "65536"), (["--shards", "3"], "3"), (["--no-such-flag"], "--no-such-flag"),
        (["--idle-timeout", "soon"], "soon"), (["unexpected"], "unexpected"),
    ])
    func `a bad flag or value is one line that names it, and exit code 2`(arguments: [String], named: String)
        async throws
    {
        try await blocking {
            let outcome = try Program.run(arguments)
            #expect(outcome.code == 2)
            #expect(isOneLine(outcome.errors, with: named))
            #expect(outcome.output.isEmpty)
        }
    }

    @Test func `help and version are answers, not failures`() async throws {
        try await blocking {
            let help = try Program.run(["--help"])
            #expect(help.code == 0)
            #expect(help.errors.isEmpty)
            for flag in [
                "--host", "--port", "--threads", "--shards", "--max-value-bytes", "--drain-timeout", "--log-format",
            ] {
                #expect(help.output.contains(flag))
            }
            #expect(try Program.run(["--version"]).code == 0)
        }
    }

    /// Returns when the server no longer accepts connections, which shows that it has begun to drain.
    private func waitForDrain(_ port: UInt16) throws {
        try repeatUntil("see new clients refused") {
            guard let connection = try? connect(port) else { return true }
            // Ended by the drain, if it was accepted before.
            _ = try? connection.receive(atMost: 1)
            return false
        }
    }
}
