import CTransportSecurity

/// A certificate with those that lead to an authority, and its private key. Freed with the last reference.
///
/// `@unchecked Sendable`: never changed once it is there, and GnuTLS reads it on any number of threads.
public final class CertifiedKey: @unchecked Sendable {
    /// For the C functions; valid as long as this object.
    public let pointer: OpaquePointer

    /// Why texts cannot be used, in one line without any of them.
    public struct Unusable: Error, Equatable, CustomStringConvertible {
        /// The line.
        public let description: String
    }

    /// Reads PEM texts (RFC 7468): certificates, the server's own first, and the key of that one, without a password.
    public init(certificate: [UInt8], key: [UInt8]) throws(Unusable) {
        var reason = [CChar](repeating: 0, count: 200)
        guard
            let read = latchkey_read_credentials(
                certificate, certificate.count, key, key.count, &reason, reason.count)
        else { throw Unusable(description: text(reason)) }
        pointer = read
    }

    deinit { latchkey_free_credentials(pointer) }
}

/// A string of C as text.
func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
