import ByteBuffers

extension UInt8 {
    /// Whether the byte may stand in a token (RFC 9110 section 5.6.2).
    var isTokenCharacter: Bool {
        let word = self & 0x40 == 0 ? Self.tokenCharacters.low : Self.tokenCharacters.high
        return self < 0x80 && word >> UInt64(self & 0x3f) & 1 == 1
    }

    /// A bit for each byte that may stand in a token, of those below 0x40 and of those from there below 0x80: digits, letters
    /// and !#$%&'*+-.^_`|~
    fileprivate static var tokenCharacters: (low: UInt64, high: UInt64) {
        (0x03ff_6cfa_0000_0000, 0x57ff_ffff_c7ff_fffe)
    }
}

extension BorrowedBytes {
    /// Whether these are a token (RFC 9110 section 5.6.2). O(n), eight bytes at a time where all are letters and hyphens, as
    /// in the names of most fields.
    package var isToken: Bool {
        // Unsafe: reads within the count.
        let isPlain = unsafe withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, count >= 4 else { return false }
            if count < 8 {
                let first = unsafe start.loadUnaligned(as: UInt32.self)
                let last = unsafe start.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
                return (UInt64(first) | UInt64(last) << 32).isOfLettersAndHyphens
            }
            var position = 0
            while position < count - 8 {
                let word = unsafe start.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                if !word.isOfLettersAndHyphens { return false }
                position += 8
            }
            return unsafe start.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self).isOfLettersAndHyphens
        }
        if isPlain { return true }
        for position in 0..<count where !self[position].isTokenCharacter { return false }
        return !isEmpty
    }

    /// Whether one may not stand in a target: a space, a control character, or a `#`, since a fragment is no part of a target (RFC 9112
    /// section 3.2). What else RFC 3986 has no place for, as bytes above ASCII, is unambiguous and taken as it is. O(n), eight bytes at a
    /// time where there is nothing unusual.
    package var breaksTarget: Bool {
        if allWords({ $0.isPlain(from: 0x24) }, andBytes: { $0 >= 0x24 && $0 < 0x7f }) { return false }
        for position in 0..<count {
            let byte = self[position]
            if byte <= 0x20 || byte == 0x7f || byte == UInt8(ascii: "#") { return true }
        }
        return false
    }

    /// Whether a byte ends a field's line or may not stand in one: a control character, but not a tab. O(n), eight bytes at a
    /// time where there is nothing unusual, since the fields of every request come by.
    package var breaksFieldLine: Bool {
        if allWords({ $0.isPlain(from: 0x20) }, andBytes: { $0 >= 0x20 && $0 < 0x7f }) { return false }
        for position in 0..<count {
            let byte = self[position]
            if (byte < 0x20 && byte != 0x09) || byte == 0x7f { return true }
        }
        return false
    }

    /// Whether these are at least eight letters, digits, dots or hyphens, as most hosts are. O(n), eight bytes at a time.
    @inline(__always)
    var hasOnlyPlainHostCharacters: Bool {
        count >= 8 && allWords({ $0.isOfPlainHostCharacters }, andBytes: { _ in false })
    }

    /// Whether `isWanted` says so of all eight bytes, which may overlap, or `isWantedByte` of all of fewer than eight.
    @inline(__always)
    private func allWords(_ isWanted: (UInt64) -> Bool, andBytes isWantedByte: (UInt8) -> Bool) -> Bool {
        // Unsafe: reads within the count.
        unsafe withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            if count < 8 {
                for position in 0..<count
                where !isWantedByte(unsafe start.load(fromByteOffset: position, as: UInt8.self)) { return false }
                return true
            }
            var position = 0
            while position < count - 8 {
                if !isWanted(unsafe start.loadUnaligned(fromByteOffset: position, as: UInt64.self)) { return false }
                position += 8
            }
            return isWanted(unsafe start.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
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
    private static var ones: UInt64 { 0x0101_0101_0101_0101 }

    /// Whether each of the eight bytes is from `least`, which is at most 0x80, to 0x7e.
    @inline(__always)
    fileprivate func isPlain(from least: UInt64) -> Bool {
        // The lowest byte that is less borrows its own top bit; the lowest that is 0x7f carries into it.
        ((self &- Self.ones &* least) | (self &+ Self.ones) | self) & (Self.ones &* 0x80) == 0
    }

    /// Whether each of the eight bytes is a letter, a digit, a dot or a hyphen.
    @inline(__always)
    fileprivate var isOfPlainHostCharacters: Bool {
        let (tops, rests) = (Self.ones &* 0x80, Self.ones &* 0x7f)
        let lowered = (self | Self.ones &* 0x20) & rests
        let bytes = self & rests
        // A top bit for each letter; for each from the hyphen to 9; and for each but the slash, which is between these.
        let letters = (lowered &+ Self.ones &* (0x80 - 0x61)) & ~(lowered &+ Self.ones &* (0x80 - 0x7b))
        let others = (bytes &+ Self.ones &* (0x80 - 0x2d)) & ~(bytes &+ Self.ones &* (0x80 - 0x3a))
        let noSlash = (bytes ^ Self.ones &* 0x2f) &+ rests
        return (letters | others & noSlash) & ~self & tops == tops
    }

    /// Whether each of the eight bytes is a letter or a hyphen.
    @inline(__always)
    fileprivate var isOfLettersAndHyphens: Bool {
        let (tops, rests) = (Self.ones &* 0x80, Self.ones &* 0x7f)
        let lowered = self | Self.ones &* 0x20
        // A top bit for each byte from `a` on, from what follows `z` on, and for each that is no hyphen.
        let fromA = (lowered & rests) &+ Self.ones &* (0x80 - 0x61)
        let afterZ = (lowered & rests) &+ Self.ones &* (0x80 - 0x7b)
        let noHyphen = ((self ^ Self.ones &* 0x2d) & rests) &+ rests
        return (fromA & ~afterZ | ~noHyphen) & ~self & tops == tops
    }
}
