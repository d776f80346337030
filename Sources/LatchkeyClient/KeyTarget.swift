extension ServiceURL {
    /// The request target of a key, which is 1 or more bytes of any kind; with the time after which its value is to
    /// expire, in seconds, which the server judges. O(n).
    public func target(key: [UInt8], timeToLive: String? = nil) -> String {
        // Who normalises paths on the way would remove such segments, and so ask for another key; without slashes
        // between them there are none.
        let segments = key.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isAltered = segments.count > 1 && segments.contains { $0.isEmpty || $0 == [0x2e] || $0 == [0x2e, 0x2e] }
        return prefix + "/keys/" + percentEncoded(key, keepingSlashes: !isAltered)
            + (timeToLive.map { "?ttl=" + percentEncoded(Array($0.utf8), keepingSlashes: false) } ?? "")
    }

    /// The request target of the list of keys, with this query.
    func listTarget(query: String) -> String { prefix + "/keys/?" + query }
}

/// `bytes` with every byte escaped that is not unreserved (RFC 3986 section 2.3), nor a slash that is kept. O(n).
func percentEncoded(_ bytes: [UInt8], keepingSlashes: Bool) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in bytes {
        if isUnreserved(byte) || (keepingSlashes && byte == UInt8(ascii: "/")) {
            encoded.append(byte)
        } else {
            encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xf)]]
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}

func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
    default: false
    }
}
