import Glibc
import MicroHTTPD
import Sockets
import TestSupport
import Testing

/// How a served program ends where something is in its way.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct EndingTests {
    @Test func `a log that nobody reads any more is no reason to end`() async throws {
        try await blocking {
            var ends: [Int32] = [-1, -1]
            try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
            let program = try Program(
                ["--port", "0", "--threads", "1", "--log-level", "debug"], surroundings: .init(errors: ends[1]))
            for end in ends { close(end) }
            let upload = try startUpload(try program.port())
            program.signal(SIGTERM)
            try upload.send(Array("ok".utf8))
            #expect(String(decoding: try upload.receive(), as: UTF8.self).hasPrefix("HTTP/1.1 201 "))
            #expect(try program.outcome().code == 0)
        }
    }

    @Test func `a client that left in mid-request is not waited for`() async throws {
        try await blocking {
            let (program, port) = try Program.serving(["--drain-timeout", "10m"])
            for _ in 0..<8 {
                let client = try connect(port)
                // The end of the stream comes with the last bytes, which the HTTP library does not notice.
                try client.send(Array("PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab".utf8))
                client.finishSending()
            }
            program.signal(SIGTERM)
            let outcome = try program.outcome()
            #expect(outcome.isGraceful, "\(outcome)")
        }
    }

    @Test func `a client that stalls is not waited for longer than when serving`() async throws {
        try await blocking {
            let (program, port) = try Program.serving(["--drain-timeout", "10m", "--body-timeout", "1s"])
            let client = try connect(port)
            try client.send(Array("PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab".utf8))
            program.signal(SIGTERM)
            let outcome = try program.outcome()
            #expect(outcome.isGraceful, "\(outcome)")
        }
    }

    @Test func `as many connections as are promised are served, and one more is refused`() async throws {
        try await blocking {
            let latchkey = try Program.location()
            let program = try Program(
                ["-c", "ulimit -n 500; exec \"$0\" --port 0 --threads 32", latchkey],
                surroundings: .init(executable: "/bin/sh"))
            let port = try program.port()
            let reserved = HTTPServer.reservedDescriptors(threads: 32)
            let clients = try (0..<500 - reserved).map { _ in try connect(port) }
            for client in clients {
                try client.send(Array("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                #expect(String(decoding: try client.receive(), as: UTF8.self).hasPrefix("HTTP/1.1 200 "))
            }
            let answer = String(decoding: try connect(port).receive(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 503 "), "\(answer)")
            program.signal(SIGTERM)
            #expect(try program.outcome().isGraceful)
        }
    }
}
