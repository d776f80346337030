import Sockets
import TestSupport
import TransportSecurity

@testable import MicroHTTPD

/// A server that shows a certificate of its own.
func withSecureServer(
    _ change: (inout LiveServer.SetUp) -> Void = { _ in },
    _ body: @Sendable (LiveServer, ServerSecurity, TestCertificate) async throws -> Void
) async throws {
    let shown = try TestCertificate()
    let security = ServerSecurity(try CertifiedKey(certificate: shown.certificate, key: shown.key))
    try await withServer {
        $0.security = security
        change(&$0)
    } _: { live in
        try await body(live, security, shown)
    }
}

extension LiveServer {
    func connect(trusting certificate: TestCertificate, receiveBuffer: Int32? = nil) throws -> RawClient {
        try RawClient(port: server.address.port, trusting: certificate, receiveBuffer: receiveBuffer)
    }
}
