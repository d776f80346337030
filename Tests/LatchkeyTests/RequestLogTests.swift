import Glibc
import Sockets
import TestSupport
import Testing

/// Requests in the log of the program itself.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct RequestLogTests {
    private func log(_ arguments: [String], _ requests: [String]) async throws -> [String] {
        try await blocking {
            let (program, port) = try Program.serving(arguments)
            for request in requests { _ = try exchange(port, request) }
            program.signal(SIGTERM)
            let outcome = try program.outcome()
            #expect(outcome.code == 0)
            return outcome.errors.split(separator: "\n").map(String.init).filter { $0.contains("request") }
        }
    }

    private static let put =
        "PUT /keys/secret?ttl=9 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 6\r\n\r\nhidden"
    private static let get = "GET /keys/secret HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    @Test func `no request is logged unless it is asked for`() async throws {
        #expect(try await log([], [Self.put, Self.get]).isEmpty)
    }

    @Test func `each request has a line, with nothing of its key or value`() async throws {
        let lines = try await log(["--access-log", "on", "--slow-request", "0"], [Self.put, Self.get])
        try #require(lines.count == 2)
        for (line, start) in zip(
            lines, ["method=PUT request_bytes=6 response_bytes=0", "method=GET request_bytes=0 response_bytes=6"])
        {
            #expect(line.contains(" info request duration_us="))
            #expect(line.contains(" lock_wait_us=0.000 \(start) route=/keys/{key} status=20"))
            #expect(!line.contains("secret") && !line.contains("hidden"))
        }
    }

    @Test func `whoever asks for targets gets them, escaped`() async throws {
        let lines = try await log(
            ["--access-log", "targets", "--slow-request", "0"],
            [Self.get, "GET /keys/a%0A\u{1b}\"= HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"])
        try #require(lines.count == 2)
        #expect(lines[0].hasSuffix(" status=404 target=/keys/secret"))
        #expect(lines[1].hasSuffix(#" target="/keys/a%0A\u001b\"=""#))
    }

    @Test func `a slow request is logged with its lock wait, and a quick one is not`() async throws {
        let lines = try await blocking {
            let (program, port) = try Program.serving(["--slow-request", "200ms", "--log-format", "json"])
            _ = try exchange(port, Self.get)
            let upload = try ClientConnection(host: "127.0.0.1", port: port, timeoutSeconds: patienceSeconds)
            let head = "PUT /keys/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
            try upload.send(Array(head.utf8))
            // The interim answer says that the server has begun with this request, which then takes as long as we do.
            #expect(String(decoding: try upload.receive(), as: UTF8.self).hasPrefix("HTTP/1.1 100 "))
            usleep(200_000)
            try upload.send([1])
            #expect(String(decoding: try upload.receive(), as: UTF8.self).hasPrefix("HTTP/1.1 201 "))
            program.signal(SIGTERM)
            return try program.outcome().errors.split(separator: "\n").map(String.init)
        }
        let slow = lines.filter { $0.contains("slow request") }
        try #require(slow.count == 1)
        #expect(slow[0].contains(#""level":"warning""#))
        #expect(slow[0].contains(#""lock_wait_us":"0.000","method":"PUT""#))
    }
}
