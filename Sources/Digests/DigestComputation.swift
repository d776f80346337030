public import ByteBuffers
import CDigests
public import HTTPMessages

/// A digest that is being computed, by GnuTLS. Not `Sendable`: one thread at a time uses it.
public final class DigestComputation {
    private let algorithm: DigestAlgorithm
    private var digest: OpaquePointer?

    /// Begins; nil where the system has no memory for it.
    public init?(_ algorithm: DigestAlgorithm) {
        self.algorithm = algorithm
        guard let begun = latchkey_begin_digest(algorithm == .sha512 ? 512 : 256) else { return nil }
        digest = begun
    }

    deinit { if let digest { _ = latchkey_end_digest(digest, nil) } }

    /// Adds bytes. O(n): 1.4 GB/s for SHA-256 and 0.55 for SHA-512 on an AMD EPYC.
    public func add(_ bytes: BorrowedBytes) {
        guard let digest else { preconditionFailure("a digest that has ended") }
        bytes.withUnsafeBytes { latchkey_add_to_digest(digest, $0.baseAddress, $0.count) }
    }

    /// The digest of all that was added, which ends the computation; nil where GnuTLS has failed.
    public func finish() -> ContentDigest? {
        guard let ended = digest.take() else { preconditionFailure("a digest that has ended") }
        var result = [UInt8](repeating: 0, count: algorithm.byteCount)
        guard latchkey_end_digest(ended, &result) else { return nil }
        return ContentDigest(algorithm, result)
    }
}
