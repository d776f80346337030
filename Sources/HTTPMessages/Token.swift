import ByteBuffers

extension UInt8 {
    /// Whether the byte may stand in a token (RFC 9110 section 5.6.2).
    var isTokenCharacter: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Whether the byte ends a field's line or may not stand in one: a control character, but not a tab.
    var breaksFieldLine: Bool { (self < 0x20 && self != 0x09) || self == 0x7f }
}

extension BorrowedBytes {
    /// Whether these are the same bytes, without regard to the case of ASCII letters. O(n).
    func equalsIgnoringCase(_ other: BorrowedBytes) -> Bool {
        count == other.count
            && zip(self, other).allSatisfy { left, right in
                left == right || (left | 0x20 == right | 0x20 && (left | 0x20) &- 0x61 < 26)
            }
    }
}
