import ByteBuffers

/// The validator of a stored value: `"<boot nonce>-<version>"`, strong (RFC 9110 section 8.8.3).
///
/// No hashing of content; and since the nonce changes with every start and the version with every write, a tag is never
/// used again for different bytes.
public struct EntityTag: Sendable, Equatable {
    /// Drawn at random when the service starts; 48 bits.
    public let nonce: UInt64
    /// The entry's version.
    public let version: UInt64

    /// The tag of `version` in the run of the service that `nonce` stands for.
    public init(nonce: UInt64, version: UInt64) {
        self.nonce = nonce
        self.version = version
    }

    /// A nonce for a run of the service.
    public static func randomNonce() -> UInt64 { .random(in: 0..<1 << 48) }

    /// The version in an opaque tag (without its quotes) that this run has given out, or nil for any other.
    static func version(in opaque: BorrowedBytes, nonce: UInt64) -> UInt64? {
        guard let dash = opaque.firstPosition(of: UInt8(ascii: "-")), dash + 1 < opaque.count else { return nil }
        var version: UInt64 = 0
        for byte in opaque.slice(dash + 1..<opaque.count) {
            guard let digit = hexDigit(byte), version >> 60 == 0 else { return nil }
            version = version << 4 | UInt64(digit)
        }
        // One spelling for one tag: what does not come out the same again was never given out.
        let text = EntityTag(nonce: nonce, version: version).text
        return opaque.elementsEqual(text.utf8.dropFirst().dropLast()) ? version : nil
    }

    /// The tag as it stands in a field: with quotes.
    public var text: String {
        "\"\(String(nonce, radix: 16))-\(String(version, radix: 16))\""
    }
}

/// The lower-case hexadecimal digit of the low four bits.
@inline(__always)
func hexadecimalDigit(_ bits: UInt64) -> UInt8 {
    let digit = UInt8(truncatingIfNeeded: bits) & 0xf
    return digit < 10 ? 0x30 + digit : 0x57 + digit
}
