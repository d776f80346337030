public import ByteBuffers

extension BorrowedBytes {
    /// Appends the key that these bytes are, as it stands in a target after `/keys/`: unreserved characters (RFC 3986
    /// section 2.3) as they are, and all others as `%` and two upper-case digits. `withPercentDecoded` undoes it. O(n).
    ///
    /// A slash stays, unless a part between slashes is empty, `.` or `..`: since a client may normalise such a path, all
    /// slashes of that key are escaped. For the keys `.` and `..` themselves nothing can be done.
    public func appendPercentEncoded(to bytes: inout [UInt8]) {
        let keepsSlashes = survivesNormalisation
        for byte in self {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            case UInt8(ascii: "/") where keepsSlashes:
                bytes.append(byte)
            default:
                bytes.append(UInt8(ascii: "%"))
                bytes.append(upperCaseDigit(byte >> 4))
                bytes.append(upperCaseDigit(byte & 0xf))
            }
        }
    }

    /// Whether a client that removes dot segments and double slashes from a path leaves these bytes as they are.
    private var survivesNormalisation: Bool {
        var rest = self
        while true {
            let end = rest.firstPosition(of: UInt8(ascii: "/")) ?? rest.count
            let segment = rest.slice(0..<end)
            if segment.isEmpty || segment == "." || segment == ".." { return false }
            if end == rest.count { return true }
            rest = rest.slice(end + 1..<rest.count)
        }
    }
}

private func upperCaseDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }
