import TransportSecurity

/// The files with the certificate and the key for TLS.
struct CertificateFiles: Sendable {
    private let certificate: String
    private let key: String

    /// nil for plain HTTP.
    init?(_ configuration: ServerConfiguration) {
        guard let certificate = configuration.tlsCertificate, let key = configuration.tlsKey else { return nil }
        self.certificate = certificate
        self.key = key
    }

    /// Bytes. Many times what a certificate has with those that lead to an authority.
    private static let sizeLimit = 1 << 20

    /// Reads the files. Throws where one cannot be used, or they do not belong together.
    func read() throws(StartFailure) -> CertifiedKey {
        let (certificate, key) = (try content(of: certificate), try content(of: key))
        do {
            return try CertifiedKey(certificate: certificate, key: key)
        } catch {
            throw StartFailure(description: "cannot use TLS files \(self.certificate) and \(self.key): \(error)")
        }
    }

    private func content(of path: String) throws(StartFailure) -> [UInt8] {
        do {
            return try LatchkeyServer.content(ofFile: path, limit: Self.sizeLimit)
        } catch {
            throw StartFailure(description: "cannot use TLS file \(path): \(error.reason)")
        }
    }
}
