import Glibc
import Sockets
import TestSupport
import Testing

/// Metrics and health on an address of their own, and how the program tells where it is.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct AdminTests {
    private static let admin = ["--admin-listen", "127.0.0.1:0"]

    private func get(_ port: UInt16, _ path: String) throws -> String {
        try exchange(port, "GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    }

    @Test func `what the service says of itself is there, and keys are here`() async throws {
        try await withCurlAndServer(Self.admin) { curl, program, port in
            let admin = try program.adminPort()
            #expect(try curl("-T", try curl.write("f", [0x76]), "\(curl.url)/keys/a").code == 0)
            for path in ["/metrics", "/livez", "/healthz", "/readyz", "/openapi.yaml", "/"] {
                #expect(try get(admin, path).hasPrefix("HTTP/1.1 200 "), "\(path)")
                #expect(try get(port, path).hasPrefix("HTTP/1.1 404 "), "\(path)")
            }
            for path in ["/keys/a", "/keys"] {
                #expect(try get(admin, path).hasPrefix("HTTP/1.1 404 "), "\(path)")
                #expect(try get(port, path).hasPrefix("HTTP/1.1 200 "), "\(path)")
            }
            let metrics = try get(admin, "/metrics")
            #expect(metrics.contains("\nlatchkey_keys 1\n"))
            #expect(metrics.contains(#"latchkey_http_requests_total{method="PUT",route="/keys/{key}",code="201"} 1"#))
            #expect(try get(admin, "/").contains("curl -T photo.png localhost:\(port)/keys/photo"))
        }
    }

    @Test func `it asks for no token`() async throws {
        let directory = try TemporaryDirectory()
        let tokens = ["--token-file", try directory.file("tokens", Array("0123456789abcdef".utf8))]
        try await withCurlAndServer(Self.admin + tokens) { _, program, port in
            let admin = try program.adminPort()
            #expect(try get(admin, "/metrics").hasPrefix("HTTP/1.1 200 "))
            #expect(try get(port, "/keys/a").hasPrefix("HTTP/1.1 401 "))
            #expect(try get(port, "/metrics").hasPrefix("HTTP/1.1 404 "))
        }
    }

    @Test func `while keys are drained it tells that the service is not ready, and it is the last to end`() async throws
    {
        try await blocking {
            let (program, port) = try Program.serving(Self.admin)
            let admin = try program.adminPort()
            let upload = try startUpload(port)
            program.signal(SIGTERM)
            try repeatUntil("see the service not ready") { try get(admin, "/readyz").hasPrefix("HTTP/1.1 503 ") }
            #expect(try get(admin, "/livez").hasPrefix("HTTP/1.1 200 "))
            let health = try Program.run(["healthcheck", "--admin-listen", "127.0.0.1:\(admin)"])
            #expect(health.code == 1)
            #expect(isOneLine(health.errors, with: "503 Service Unavailable"))
            try upload.send(Array("ok".utf8))
            #expect(String(decoding: try upload.receive(), as: UTF8.self).hasPrefix("HTTP/1.1 201 "))
            let outcome = try program.outcome()
            #expect(outcome.isGraceful, "\(outcome)")
        }
    }

    @Test func `the health check asks there`() async throws {
        try await blocking {
            let (program, port) = try Program.serving(Self.admin)
            let place = "127.0.0.1:\(try program.adminPort())"
            #expect(try Program.run(["healthcheck", "--admin-listen", place]).code == 0)
            let byVariable = try Program.run(["healthcheck"], environment: ["LATCHKEY_ADMIN_LISTEN": place])
            #expect(byVariable == Program.Outcome(code: 0, output: "", errors: ""))
            let missed = try Program.run(["healthcheck", "--port", "\(port)"])
            #expect(isOneLine(missed.errors, with: "404 Not Found"))
            let unknown = try Program.run(["healthcheck", "--admin-listen", "127.0.0.1:0"])
            #expect(unknown.code == 2)
            #expect(isOneLine(unknown.errors, with: "--admin-listen HOST:N"))
            program.signal(SIGTERM)
            #expect(try program.outcome().isGraceful)
        }
    }

    @Test func `a taken address for it is one line and exit code 1`() async throws {
        try await blocking {
            let taken = try Listener(host: "127.0.0.1", port: 0)
            let outcome = try Program.run(["--port", "0", "--admin-listen", "127.0.0.1:\(taken.address.port)"])
            #expect(outcome.code == 1)
            #expect(isOneLine(outcome.errors, with: "Address already in use"))
            #expect(outcome.output.isEmpty)
        }
    }

    @Test func `only this machine is served unless more is asked for, and then there is a warning`() async throws {
        let warning = "whoever reaches the address may read and write all keys"
        let directory = try TemporaryDirectory()
        let tokens = ["--token-file", try directory.file("tokens", Array("0123456789abcdef".utf8))]
        try await blocking {
            func log(_ arguments: [String], host: String) throws -> String {
                let program = try Program(["--port", "0", "--threads", "1"] + arguments)
                let line = try program.lines(1)[0]
                #expect(line.hasPrefix("latchkey: serving on http://\(host):"), "\(line)")
                program.signal(SIGTERM)
                return try program.outcome().errors
            }
            #expect(try !log([], host: "127.0.0.1").contains(warning))
            let all = try log(["--host", "0.0.0.0"], host: "0.0.0.0")
            #expect(all.split(separator: "\n").count { $0.contains(" warning \(warning)") } == 1, "\(all)")
            #expect(try !log(["--host", "0.0.0.0"] + tokens, host: "0.0.0.0").contains(warning))
        }
    }
}
