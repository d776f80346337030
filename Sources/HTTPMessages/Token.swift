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
}

extension BorrowedBytes {
    /// Whether these are a token (RFC 9110 section 5.6.2). O(n).
    package var isToken: Bool {
        if isEmpty { return false }
        for position in 0..<count where !self[position].isTokenCharacter { return false }
        return true
    }

    /// Whether one is a space or a control character, none of which a target has (RFC 3986 section 2). O(n).
    package var hasSpaceOrControl: Bool {
        for position in 0..<count where self[position] <= 0x20 || self[position] == 0x7f { return true }
        return false
    }

    /// Whether a byte ends a field's line or may not stand in one: a control character, but not a tab. O(n).
    package var breaksFieldLine: Bool {
        // Unsafe: reads within the count, eight bytes at a time, since every upload with a type comes by.
        unsafe withUnsafeBytes { bytes in
            var position = 0
            while position + 8 <= count,
                unsafe !bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self).hasControls
            {
                position += 8
            }
            while position < count {
                let byte = unsafe bytes[position]
                if (byte < 0x20 && byte != 0x09) || byte == 0x7f { return true }
                position += 1
            }
            return false
        }
    }

    /// Whether these are the same bytes, without regard to the case of ASCII letters. O(n).
    func equalsIgnoringCase(_ other: BorrowedBytes) -> Bool {
        count == other.count
            && zip(self, other).allSatisfy { left, right in
                left == right || (left | 0x20 == right | 0x20 && (left | 0x20) &- 0x61 < 26)
            }
    }
}

extension UInt64 {
    /// Whether one of the eight bytes is a control character, tabs among them; may also say so of a byte next to one.
    fileprivate var hasControls: Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let below = (self &- ones &* 0x20) & ~self
        let deletes = self ^ ones &* 0x7f
        return (below | ((deletes &- ones) & ~deletes)) & (ones &* 0x80) != 0
    }
}
