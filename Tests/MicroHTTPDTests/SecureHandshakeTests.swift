import Foundation
import Sockets
import TestSupport
import Testing
import TransportSecurity

@testable import MicroHTTPD

/// How connections of TLS begin, or do not.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct SecureHandshakeTests {
    @Test func `who connects after an exchange is shown the new certificate, and older connections go on`()
        async throws
    {
        try await withSecureServer { live, security, old in
            let client = try live.connect(trusting: old)
            #expect(try client.put("a", [1]).status == 201)
            let new = try TestCertificate("another")
            security.replace(try CertifiedKey(certificate: new.certificate, key: new.key))
            let failure = #expect(throws: SocketFailure.self) { try live.connect(trusting: old) }
            #expect("\(failure as Any)".contains("cannot agree on TLS"))
            let newcomer = try live.connect(trusting: new)
            for _ in 0..<3 {
                #expect(try client.exchange("GET", "/keys/a").body == [1])
                #expect(try newcomer.exchange("GET", "/keys/a").body == [1])
            }
        }
    }

    @Test func `who speaks plain HTTP is told to speak TLS, and can read it`() async throws {
        try await withSecureServer { live, _, shown in
            for method in ["GET", "PUT", "BREW"] {
                let client = try live.connect()
                try client.send("\(method) /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n")
                try client.send(String(repeating: "x", count: 200_000))
                let response = try client.response()
                #expect(response.status == 400)
                #expect(response.text == "this address speaks TLS: the URL must begin with https://\n")
                #expect(try client.rest().isEmpty)
            }
            #expect(try eventually { live.server.connectionCount == 0 })
            #expect(try live.connect(trusting: shown).exchange("GET", "/livez").status == 200)
        }
    }

    @Test(arguments: [
        "\u{16}\u{3}\u{1}\u{0}\u{5}hello", "\0\0\0\0\0\0\0\0", "\n",
        String(repeating: "x", count: 100_000),
    ])
    func `who speaks neither TLS nor HTTP is told nothing of HTTP, and the server goes on`(garbage: String) async throws
    {
        try await withSecureServer { live, _, shown in
            let client = try live.connect()
            try client.send(garbage)
            client.connection.finishSending()
            let answer = try? client.rest()
            #expect(!String(decoding: answer ?? [], as: UTF8.self).contains("HTTP"))
            #expect(try eventually { live.server.connectionCount == 0 })
            #expect(try live.connect(trusting: shown).exchange("GET", "/livez").status == 200)
        }
    }

    @Test func `clients that leave in mid-handshake leave nothing behind`() async throws {
        try await withSecureServer { live, _, shown in
            for text in ["", "\u{16}", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}"] {
                for _ in 0..<20 { try live.connect().send(text) }
            }
            #expect(try eventually { live.server.connectionCount == 0 })
            #expect(try live.connect(trusting: shown).exchange("GET", "/livez").status == 200)
            #expect(try eventually { live.server.connectionCount == 0 })
        }
    }

    @Test func `one too many is closed, without a word that it could not read`() async throws {
        try await withSecureServer {
            $0.maximumConnections = 1
        } _: { live, _, shown in
            let client = try live.connect(trusting: shown)
            #expect(try client.exchange("GET", "/livez").status == 200)
            #expect(try live.connect().hasEnded())
            #expect(live.rejections("connections") == 1)
            #expect(try client.exchange("GET", "/livez").status == 200)
        }
    }

    @Test func `texts that are no certificate and key of it are told apart`() throws {
        let (one, other) = (try TestCertificate(), try TestCertificate())
        func complaint(_ certificate: [UInt8], _ key: [UInt8]) -> String? {
            do throws(CertifiedKey.Unusable) {
                _ = try CertifiedKey(certificate: certificate, key: key)
                return nil
            } catch {
                return error.description
            }
        }
        #expect(complaint(one.certificate, one.key) == nil)
        #expect(complaint(one.certificate + other.certificate, one.key) == nil)
        #expect(complaint(one.certificate, other.key) == "the key is not that of the first certificate")
        for text in [[], Array("nonsense".utf8), one.key, Array(one.certificate.dropLast(40))] {
            #expect(complaint(text, one.key)?.hasPrefix("the certificate: ") == true)
        }
        for text in [[], Array("nonsense".utf8), one.certificate, Array(one.key.dropLast(40))] {
            #expect(complaint(one.certificate, text)?.hasPrefix("the key: ") == true)
        }
    }
}
