import ByteBuffers

/// The algorithms of digests that are checked and made (RFC 9530 section 5).
public enum DigestAlgorithm: CaseIterable, Sendable {
    case sha256, sha512

    /// The key in the fields.
    public var name: StaticString {
        switch self {
        case .sha256: "sha-256"
        case .sha512: "sha-512"
        }
    }

    /// The bytes of a digest.
    public var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha512: 64
        }
    }

    init?(_ key: BorrowedBytes) {
        guard let named = Self.allCases.first(where: { key == $0.name }) else { return nil }
        self = named
    }
}

/// A digest of a message's content.
public struct ContentDigest: Sendable, Equatable {
    /// How it is computed.
    public let algorithm: DigestAlgorithm
    /// `algorithm.byteCount` bytes.
    public let bytes: [UInt8]

    /// This digest.
    public init(_ algorithm: DigestAlgorithm, _ bytes: [UInt8]) {
        precondition(bytes.count == algorithm.byteCount, "\(bytes.count) bytes of \(algorithm.name)")
        self.algorithm = algorithm
        self.bytes = bytes
    }

    /// The digest as a byte sequence of structured fields: base64 between colons.
    public var value: String { ":\(base64(bytes)):" }

    /// A `Content-Digest` with this digest alone.
    public var text: String { "\(algorithm.name)=\(value)" }
}

extension Request {
    /// The digests that `Content-Digest` (RFC 9530 section 2) gives of the content, at most one for each algorithm: of those
    /// given twice the last. Algorithms that are not known here are left out, as a recipient may do. O(bytes of the field).
    ///
    /// - Throws: 400 for a field that is no dictionary, or a digest that is none.
    public func contentDigests() throws(Problem) -> [ContentDigest] {
        var digests: [ContentDigest] = []
        for field in fields where field.name == .contentDigest {
            var members = StructuredDictionary(field.value)
            do {
                while let (key, value) = try members.next() {
                    guard let algorithm = DigestAlgorithm(key) else { continue }
                    digests.removeAll { $0.algorithm == algorithm }
                    digests.append(try Self.digest(algorithm, value))
                }
            } catch let problem as Problem {
                throw problem
            } catch {
                throw Problem(
                    .badRequest,
                    "Content-Digest '\(field.value.excerpt())' is not a dictionary such as sha-256=:BASE64:")
            }
        }
        return digests
    }

    private static func digest(
        _ algorithm: DigestAlgorithm, _ value: StructuredDictionary.Value
    ) throws(Problem) -> ContentDigest {
        guard case .bytes(let bytes) = value else {
            throw Problem(
                .badRequest, "Content-Digest: \(algorithm.name) is not a byte sequence, base64 between colons")
        }
        guard bytes.count == algorithm.byteCount else {
            throw Problem(
                .badRequest,
                "Content-Digest: \(algorithm.name) has \(algorithm.byteCount) bytes, not \(byteCount(bytes.count))")
        }
        return ContentDigest(algorithm, bytes)
    }

    /// The algorithm that `Want-Content-Digest` (RFC 9530 section 4) gives the greatest weight, of those known here; nil where
    /// it wants none of them, or cannot be read: a preference is no reason to fail. Of equal ones the cheapest.
    public var wantedDigest: DigestAlgorithm? {
        var weights: [DigestAlgorithm: Int] = [:]
        for field in fields where field.name == .wantContentDigest {
            var members = StructuredDictionary(field.value)
            do {
                while let (key, value) = try members.next() {
                    guard let algorithm = DigestAlgorithm(key) else { continue }
                    if case .integer(let weight) = value, (0...10).contains(weight) {
                        weights[algorithm] = weight
                    } else {
                        weights[algorithm] = nil
                    }
                }
            } catch {
                return nil
            }
        }
        var wanted: (algorithm: DigestAlgorithm, weight: Int)?
        for algorithm in DigestAlgorithm.allCases {
            if let weight = weights[algorithm], weight > wanted?.weight ?? 0 { wanted = (algorithm, weight) }
        }
        return wanted?.algorithm
    }
}
