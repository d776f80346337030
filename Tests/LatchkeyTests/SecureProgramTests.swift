import Glibc
import Sockets
import TestSupport
import Testing

/// TLS, as the program itself is told to speak it.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct SecureProgramTests {
    /// A server with a certificate, whose files are in a directory as `cert` and `key`, and curl.
    private func withSecureServer(
        _ arguments: [String] = [], _ body: @Sendable (Curl, Program, UInt16, TemporaryDirectory) throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        try write(try TestCertificate(), to: directory)
        let files = ["--tls-cert", directory.file("cert"), "--tls-key", directory.file("key")]
        try await withCurlAndServer(files + arguments, scheme: "https") { curl, program, port in
            try body(curl, program, port, directory)
        }
    }

    private func write(_ certificate: TestCertificate, to directory: TemporaryDirectory) throws {
        try directory.file("cert", certificate.certificate)
        try directory.file("key", certificate.key)
    }

    @Test func `curl puts and gets, by both versions and by no other`() async throws {
        try await withSecureServer { curl, _, _, directory in
            let trust = ["--cacert", directory.file("cert")]
            let value = [UInt8]((0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
            let (file, key) = (try curl.write("value", value), "\(curl.url)/keys/a")
            #expect(try curl.start(trust + ["--fail", "-T", file, key]).outcome().code == 0)
            for version in [["--tls-max", "1.2"], ["--tlsv1.3"]] {
                let copy = ["-o", curl.path("copy")]
                #expect(try curl.start(trust + version + copy + [key]).outcome().code == 0)
                #expect(try curl.read("copy") == value)
            }
            let old = ["--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"]
            #expect(try curl.start(trust + old + [key]).outcome().code == 35)
            // 60: not to be believed.
            #expect(try curl(key).code == 60)
            let plain = try curl("-w", "%{http_code}", key.replacing("https", with: "http"))
            #expect(plain.output == "this address speaks TLS: the URL must begin with https://\n400")
            let help = try curl.start(trust + ["\(curl.url)/"]).outcome().output
            #expect(help.contains("curl -T photo.png https://localhost:"))
        }
    }

    @Test func `the program's own client believes whom it is told to`() async throws {
        try await withSecureServer { curl, _, port, directory in
            let value = try curl.write("value", Array("v".utf8))
            let environment = ["LATCHKEY_URL": "https://localhost:\(port)"]
            let trust = ["--ca-file", directory.file("cert")]
            #expect(try Program.run(["put", "a", value] + trust, environment: environment).code == 0)
            #expect(try Program.run(["get", "a"] + trust, environment: environment).output == "v")
            #expect(try Program.run(["list"] + trust, environment: environment).output == "a\n")
            let other = try directory.file("other", TestCertificate().certificate)
            for wrong in [[], ["--ca-file", other]] {
                let outcome = try Program.run(["get", "a"] + wrong, environment: environment)
                #expect(outcome.code == 1)
                #expect(isOneLine(outcome.errors, with: "cannot agree on TLS: The certificate is NOT trusted"))
            }
            let byNoName = try Program.run(["get", "a", "--url", "https://127.0.0.2:\(port)"] + trust)
            #expect(byNoName.code == 1)
        }
    }

    @Test func `the health check asks by TLS, or at the admin address without`() async throws {
        try await withSecureServer { _, _, port, directory in
            let files = ["--tls-cert", directory.file("cert"), "--tls-key", directory.file("key")]
            let health = try Program.run(["healthcheck", "--port", "\(port)"] + files)
            #expect(health == Program.Outcome(code: 0, output: "", errors: ""))
            #expect(try Program.run(["healthcheck", "--port", "\(port)"]).code == 1)
        }
        try await withSecureServer(["--admin-listen", "127.0.0.1:0"]) { _, program, _, directory in
            let place = "127.0.0.1:\(try program.adminPort())"
            let health = try Program.run(
                ["healthcheck"],
                environment: [
                    "LATCHKEY_ADMIN_LISTEN": place, "LATCHKEY_TLS_CERT": directory.file("cert"),
                    "LATCHKEY_TLS_KEY": directory.file("key"),
                ])
            #expect(health == Program.Outcome(code: 0, output: "", errors: ""))
        }
    }

    @Test func `SIGHUP has the certificate read anew, and what cannot be used leaves the old one`() async throws {
        try await withSecureServer { curl, program, _, directory in
            func code(_ authority: String) throws -> Int32 {
                try curl("--cacert", authority, "\(curl.url)/livez").code
            }
            let old = try directory.file("old", try #require(directory.content("cert")))
            #expect(try code(old) == 0)
            try write(try TestCertificate("new"), to: directory)
            program.signal(SIGHUP)
            try repeatUntil("see the new certificate") { try code(directory.file("cert")) == 0 }
            #expect(try code(old) == 60)
            let new = try directory.file("new", try #require(directory.content("cert")))
            // Now only the key is another one.
            try directory.file("key", TestCertificate().key)
            program.signal(SIGHUP)
            try program.waitToSay("the key is not that of the first certificate")
            #expect(try code(new) == 0)
        }
    }

    @Test func `files that cannot be used are one line and exit code 1, and one alone is wrong usage`() async throws {
        let directory = try TemporaryDirectory()
        try write(try TestCertificate(), to: directory)
        let (cert, key) = (directory.file("cert"), directory.file("key"))
        let empty = try directory.file("empty", [])
        let missing = directory.file("missing")
        try await blocking {
            for (files, reason) in [
                ((missing, key), "cannot use TLS file \(missing): No such file or directory"),
                ((cert, missing), "cannot use TLS file \(missing): No such file or directory"),
                ((empty, key), "the certificate: "), ((cert, cert), "the key: "), ((key, key), "the certificate: "),
            ] {
                let outcome = try Program.run(["--port", "0", "--tls-cert", files.0, "--tls-key", files.1])
                #expect(outcome.code == 1)
                #expect(isOneLine(outcome.errors, with: reason), "\(outcome)")
            }
            #expect(try Program.run(["--port", "0", "--tls-cert", cert]).code == 2)
            #expect(try Program.run(["--port", "0", "--tls-key", key]).code == 2)
        }
    }

    /// The library would keep such connections among those that are ready, and never sleep.
    @Test func `clients that stall in their handshakes cost no processor time`() async throws {
        try await withSecureServer { curl, program, port, directory in
            let clients = try (0..<50).map { _ in try connect(port) }
            // The beginning of a ClientHello of 512 bytes.
            for client in clients { try client.send([0x16, 3, 1, 2, 0, 1]) }
            let answer = try curl("--cacert", directory.file("cert"), "\(curl.url)/livez")
            #expect(answer.output == "ok\n")
            let (before, start) = (try program.processorTime(), ContinuousClock.now)
            // Time passes, which is what this is about: a loop that does not sleep takes all of it.
            usleep(1_500_000)
            let spent = try program.processorTime() - before
            #expect(spent < (ContinuousClock.now - start) / 3, "\(spent)")
            #expect(clients.count == 50)
        }
    }

    @Test func `SIGTERM lets an upload by TLS end`() async throws {
        try await withSecureServer { curl, program, _, directory in
            // For ten seconds, in which it must be seen.
            let file = try curl.write("value", [UInt8](repeating: 7, count: 1_000_000))
            let upload = try curl.start([
                "--cacert", directory.file("cert"), "--limit-rate", "100k", "-T", file, "-o", "/dev/null", "-w",
                "%{http_code}", "\(curl.url)/keys/a",
            ])
            try repeatUntil("see the upload begin") {
                try curl("--cacert", directory.file("cert"), "\(curl.url)/metrics").output
                    .contains("\nlatchkey_http_requests_in_flight 2\n")
            }
            program.terminate()
            #expect(try upload.outcome().output == "201")
        }
    }
}
