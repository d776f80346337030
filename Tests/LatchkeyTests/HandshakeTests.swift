import Foundation
import Glibc
import TestSupport
import Testing

/// What is agreed upon in a handshake of TLS, as OpenSSL's client sees it.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct HandshakeTests {
    /// What `openssl s_client` says of a connection to the server at `port`, over which it sends the file `input`.
    private func handshake(_ port: UInt16, _ arguments: [String], input: String = "/dev/null") throws -> String {
        let outcome = try Program(
            ["openssl", "s_client", "-connect", "127.0.0.1:\(port)"] + arguments,
            surroundings: .init(input: input, executable: "/usr/bin/env")
        ).outcome()
        return outcome.output + outcome.errors
    }

    private func withSecureServer(_ body: @Sendable (UInt16, Program, TemporaryDirectory) throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        try write(try TestCertificate(), to: directory)
        let files = ["--tls-cert", directory.file("cert"), "--tls-key", directory.file("key")]
        try await withCurlAndServer(files, scheme: "https") { _, program, port in try body(port, program, directory) }
    }

    private func write(_ certificate: TestCertificate, to directory: TemporaryDirectory) throws {
        try directory.file("cert", certificate.certificate)
        try directory.file("key", certificate.key)
    }

    /// RFC 8446 section 6.2, RFC 7301 section 3.2: protocol_version is 70, handshake_failure 40, no_application_protocol 120.
    @Test func `what cannot be agreed upon is told by its alert`() async throws {
        try await withSecureServer { port, _, _ in
            for (arguments, alert) in [
                (["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], 70), (["-alpn", "h2"], 120),
                (["-alpn", "h2,h3,http/2.0", "-tls1_2"], 120), (["-tls1_2", "-cipher", "AES128-SHA"], 40),
                (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"], 40),
                (["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"], 40), (["-groups", "X448"], 40),
                (["-groups", "X448", "-tls1_2"], 40), (["-sigalgs", "RSA-PSS+SHA256"], 40),
                (["-sigalgs", "RSA-PSS+SHA256", "-tls1_2"], 40),
            ] {
                let said = try handshake(port, arguments)
                #expect(said.contains("SSL alert number \(alert)\n"), "\(arguments): \(said)")
                #expect(said.contains("Cipher is (NONE)"))
            }
        }
    }

    @Test func `HTTP 1.1 and 1.0 are agreed upon, or no protocol, in both versions`() async throws {
        try await withSecureServer { port, _, _ in
            for version in ["-tls1_2", "-tls1_3"] {
                for (offered, agreed) in [
                    ("http/1.1", "http/1.1"), ("http/1.0", "http/1.0"), ("h2,http/1.1", "http/1.1"),
                    ("http/1.0,http/1.1", "http/1.1"),
                ] {
                    let said = try handshake(port, [version, "-alpn", offered])
                    #expect(said.contains("ALPN protocol: \(agreed)\n"), "\(said)")
                }
                #expect(try handshake(port, [version]).contains("No ALPN negotiated\n"))
            }
        }
    }

    @Test func `a session is resumed by its ticket, until a certificate is read anew, and never early`() async throws {
        try await withSecureServer { port, program, directory in
            let request = try directory.file(
                "request", Array("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8))
            func isResumed(_ version: String, _ arguments: [String]) throws -> Bool {
                // To the end of the answer, behind which a ticket of TLS 1.3 has come.
                let said = try handshake(port, [version, "-ign_eof"] + arguments, input: request)
                #expect(said.contains("\r\n\r\nok\n"), "\(said)")
                #expect(version == "-tls1_2" || said.contains("Max Early Data: 0\n"), "\(said)")
                #expect(said.contains("\nNew, TLSv1.") != said.contains("\nReused, TLSv1."))
                return said.contains("\nReused, TLSv1.")
            }
            let versions = ["-tls1_2", "-tls1_3"]
            for version in versions {
                let ticket = directory.file(version)
                #expect(try !isResumed(version, ["-sess_out", ticket]))
                for _ in 0..<2 { #expect(try isResumed(version, ["-sess_in", ticket])) }
            }
            let old = try #require(directory.content("cert"))
            let place = try directory.file("old", old)
            try write(try TestCertificate("new"), to: directory)
            program.signal(SIGHUP)
            try repeatUntil("see the new certificate") {
                try handshake(port, ["-CAfile", directory.file("cert"), "-verify_return_error"])
                    .contains("Verify return code: 0 (ok)")
            }
            for version in versions { #expect(try !isResumed(version, ["-sess_in", directory.file(version)])) }
            #expect(try !handshake(port, ["-CAfile", place]).contains("Verify return code: 0 (ok)"))
        }
    }
}
