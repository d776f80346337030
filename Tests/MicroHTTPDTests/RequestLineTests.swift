import CReception
import Sockets
import TestSupport
import Testing
import TransportSecurity

@testable import MicroHTTPD

/// Request lines that are malformed or too long, whatever the library says of them, which for many is nothing.
@Suite(.timeLimit(.minutes(suiteMinutes)), .enabled(if: latchkey_sees_receptions())) struct RequestLineTests {
    private static let lines: [String] = {
        let long = String(repeating: "x", count: 40_000)
        let methods = ["GET", "POST", "BREW", "get", ""]
        let ends = [
            "", " ", "  ", " /keys/a", " /keys/a ", " /keys/a b HTTP/1.1", " /keys/a b c HTTP/1.1",
            "  /keys/a HTTP/1.1",
            " /keys/a  HTTP/1.1", " /keys/a HTTP/1.1 ", " /keys/a HTTP/1.1 x", "\t/keys/a\tHTTP/1.1",
            " /keys/a\0 HTTP/1.1",
            "\0 /keys/a HTTP/1.1", " /keys/a\rb HTTP/1.1", " /keys/a HTTP\r/1.1", " /keys/a HTTP/x", " /keys/a HTTP/11",
            " /keys/a HTTP/1.11", " /keys/a http/1.1", " /keys/a HTTP/3.0", " /keys/\(long) HTTP/1.1", " /keys/\(long)",
            " /\(long) b HTTP/1.1", "\(long) /keys/a HTTP/1.1",
            " \(String(repeating: " ", count: 40_000))/keys/a HTTP/1.1",
        ]
        // 0.9.75 closes the connection where there is no blank in the line or it begins with one, and says so nowhere.
        return methods.flatMap { method in ends.map { method + $0 } }.filter {
            Engine.current.headCheck == .library || $0.contains(" ") && !$0.hasPrefix(" ")
        }
    }()

    @Test(arguments: [false, true])
    func `a malformed line has one answer, which ends the connection, and nothing is done`(overTLS: Bool) async throws {
        let shown = try TestCertificate()
        let security = ServerSecurity(try CertifiedKey(certificate: shown.certificate, key: shown.key))
        try await withServer({ $0.security = overTLS ? security : nil }) { live in
            for line in Self.lines {
                let client = try overTLS ? RawClient(port: live.server.address.port, trusting: shown) : live.connect()
                try client.send("\(line)\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                let comment = Comment(rawValue: "\(line.prefix(60).debugDescription) of \(line.utf8.count)")
                guard let response = try? client.response() else {
                    Issue.record(Unexpected("no answer"), comment)
                    continue
                }
                #expect((400...505).contains(response.status), comment)
                client.connection.finishSending()
                #expect(try client.rest().isEmpty, comment)
            }
            #expect(live.keyCount == 0)
        }
    }

    @Test(arguments: [false, true])
    func `empty lines before a request are skipped, or refused with one answer`(overTLS: Bool) async throws {
        let shown = try TestCertificate()
        let security = ServerSecurity(try CertifiedKey(certificate: shown.certificate, key: shown.key))
        try await withServer({ $0.security = overTLS ? security : nil }) { live in
            for count in [0, 1, 2, 3, 10, 1000, 20_000] {
                let client = try overTLS ? RawClient(port: live.server.address.port, trusting: shown) : live.connect()
                try client.send(String(repeating: "\r\n", count: count) + "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                let response = try client.response()
                #expect(response.status == 200 || count > 1 && (400...431).contains(response.status), "\(count)")
                client.connection.finishSending()
                #expect(try client.rest().isEmpty, "\(count)")
            }
        }
    }
}
