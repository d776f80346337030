import Glibc
import Sockets
import TestSupport
import Testing

/// What a served program does between the signal and the drain.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct DrainDelayTests {
    private static let long = ["--drain-delay", "1h", "--drain-timeout", "1h"]

    private func head(_ connection: ClientConnection, _ request: String) throws -> String {
        try connection.send(Array("\(request)\r\nHost: x\r\n\r\n".utf8))
        return String(decoding: try connection.receive(), as: UTF8.self)
    }

    private func waitUntilNotReady(_ port: UInt16) throws {
        try repeatUntil("see the service not ready") {
            try exchange(port, "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").hasPrefix(
                "HTTP/1.1 503 ")
        }
    }

    @Test func `in the delay the service is not ready, and all else goes on`() async throws {
        try await blocking {
            let (program, port) = try Program.serving(Self.long)
            let old = try connect(port)
            #expect(try head(old, "POST /keys/n?op=incr HTTP/1.1").hasPrefix("HTTP/1.1 201 "))
            let waiting = try connect(port)
            let wait = "GET /keys/n HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\nPrefer: wait=300\r\n\r\n"
            try waiting.send(Array(wait.utf8))
            program.signal(SIGTERM)
            try waitUntilNotReady(port)
            let new = try connect(port)
            for connection in [old, new, old, new] {
                let answer = try head(connection, "GET /keys/n HTTP/1.1")
                #expect(answer.hasPrefix("HTTP/1.1 200 "))
                #expect(!answer.contains("Connection: close"))
            }
            #expect(try head(new, "GET /livez HTTP/1.1").hasPrefix("HTTP/1.1 200 "))
            #expect(try head(new, "DELETE /keys/n HTTP/1.1").hasPrefix("HTTP/1.1 204 "))
            let woken = String(decoding: try waiting.receive(), as: UTF8.self)
            #expect(woken.hasPrefix("HTTP/1.1 404 "))
            #expect(!woken.contains("Connection: close"))
            program.signal(SIGKILL)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a second signal ends the delay and the process at once`(second: Int32) async throws {
        try await blocking {
            let (program, port) = try Program.serving(Self.long)
            program.signal(SIGTERM)
            try waitUntilNotReady(port)
            program.signal(second)
            #expect(try program.outcome().code == 128 + second)
        }
    }

    @Test func `the drain and its time-out begin when the delay is over`() async throws {
        try await blocking {
            let (program, port) = try Program.serving(["--drain-delay", "1500ms", "--drain-timeout", "1s"])
            let upload = try startUpload(port)
            let start = ContinuousClock.now
            program.signal(SIGTERM)
            let outcome = try program.outcome()
            #expect(.now - start >= .milliseconds(2500))
            #expect(outcome.code == 0)
            #expect(outcome.errors.contains("drain time-out"))
            #expect(try upload.receive().isEmpty)
        }
    }

    @Test func `the address for health says so until the end of the drain`() async throws {
        try await blocking {
            let admin = ["--admin-listen", "127.0.0.1:0"]
            let (program, port) = try Program.serving(admin + ["--drain-delay", "1s", "--drain-timeout", "1h"])
            let adminPort = try program.adminPort()
            let kept = try connect(adminPort)
            let upload = try startUpload(port)
            program.signal(SIGTERM)
            try waitUntilNotReady(adminPort)
            try program.waitToSay(" draining ")
            // On a new connection, and on one that was there before.
            try waitUntilNotReady(adminPort)
            #expect(try head(kept, "GET /readyz HTTP/1.1").hasPrefix("HTTP/1.1 503 "))
            #expect(try head(kept, "GET /livez HTTP/1.1").hasPrefix("HTTP/1.1 200 "))
            try upload.send(Array("ok".utf8))
            #expect(String(decoding: try upload.receive(), as: UTF8.self).hasPrefix("HTTP/1.1 201 "))
            #expect(try program.outcome().isGraceful)
        }
    }
}
