import ByteBuffers

private let base64Alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// `bytes` in base64, with padding (RFC 4648 section 4). O(n).
func base64(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
        for place in 0..<4 {
            text.append(place <= group.count ? base64Alphabet[bits >> (18 - 6 * place) & 0x3f] : UInt8(ascii: "="))
        }
    }
    return String(decoding: text, as: UTF8.self)
}

extension BorrowedBytes {
    /// The bytes that these are in base64; nil where they are not. Padding may be missing, and the bits that nobody needs may be
    /// set, which parsers of structured fields are to put up with (RFC 9651 section 4.2.7). O(n).
    var base64Decoded: [UInt8]? {
        let end = lastIndex { $0 != UInt8(ascii: "=") }.map { $0 + 1 } ?? 0
        let padding = count - end
        // A last group of one character would be six bits.
        guard end % 4 != 1, padding == 0 || (padding <= 2 && count % 4 == 0) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(end / 4 * 3 + 2)
        var (bits, bitCount) = (0, 0)
        for character in slice(0..<end) {
            guard let digit = base64Digit(character) else { return nil }
            (bits, bitCount) = (bits << 6 & 0xffff | digit, bitCount + 6)
            guard bitCount >= 8 else { continue }
            bitCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
        }
        return bytes
    }
}

private func base64Digit(_ character: UInt8) -> Int? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
}
