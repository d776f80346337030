import CTestCertificates
import Sockets

/// A certificate for this machine that is its own authority, and its key, as PEM texts.
public struct TestCertificate: Sendable {
    /// The certificate.
    public let certificate: [UInt8]
    /// The key.
    public let key: [UInt8]

    /// A new pair, of this common name.
    public init(_ name: String = "latchkey test") throws {
        let size = 8192
        var certificate = [CChar](repeating: 0, count: size)
        var key = [CChar](repeating: 0, count: size)
        guard latchkey_make_certificate("CN=\(name)", &certificate, &key, size) else {
            throw SocketFailure("make a certificate", code: 5)
        }
        self.certificate = certificate.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        self.key = key.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    }
}
