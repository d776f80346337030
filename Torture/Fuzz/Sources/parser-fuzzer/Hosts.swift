import Glibc

// What a host may be (RFC 9110 section 7.2, RFC 3986 section 3.2), written apart from the check.

/// Whether these are a value of `Host`: nothing, or a host with a port or without.
func isHostValue(_ bytes: [UInt8]) -> Bool {
    let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
    let trimmed = Array(bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    return trimmed.isEmpty || isHostAndPort(trimmed)
}

/// Whether a target that begins with `http://` or `https://` names a host there.
func hasHostIfAbsolute(_ target: ArraySlice<UInt8>) -> Bool {
    let schemes = ["https://", "http://"]
    let scheme = schemes.first { target.count >= $0.utf8.count && lowercased(target.prefix($0.utf8.count)) == $0 }
    guard let scheme else { return true }
    let slash = UInt8(ascii: "/"), mark = UInt8(ascii: "?")
    return isHostAndPort(Array(target.dropFirst(scheme.utf8.count).prefix { $0 != slash && $0 != mark }))
}

private func isHostAndPort(_ bytes: [UInt8]) -> Bool {
    var host = bytes[...]
    let isBracketed = bytes.first == UInt8(ascii: "[")
    let from = isBracketed ? bytes.lastIndex(of: UInt8(ascii: "]")) ?? 0 : 0
    if let colon = bytes[from...].firstIndex(of: UInt8(ascii: ":")) {
        let port = bytes[(colon + 1)...]
        guard port.count <= 5, port.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        guard port.isEmpty || UInt16(String(decoding: port, as: UTF8.self)) != nil else { return false }
        host = bytes[..<colon]
    }
    guard isBracketed else { return isHostName(host) }
    guard host.count > 2, host.last == UInt8(ascii: "]") else { return false }
    let text = host.dropFirst().dropLast()
    guard text.allSatisfy({ isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }) else {
        return false
    }
    var address = in6_addr()
    return inet_pton(AF_INET6, String(decoding: text, as: UTF8.self), &address) == 1
}

private func isHostName(_ bytes: ArraySlice<UInt8>) -> Bool {
    let marks = Set("-._~!$&'()*+;=".utf8)
    var rest = bytes
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%") {
            guard rest.prefix(2).count == 2, rest.prefix(2).allSatisfy(isHexDigit) else { return false }
        } else if !(0x30...0x39).contains(byte), !(0x61...0x7a).contains(byte | 0x20), !marks.contains(byte) {
            return false
        }
    }
    return !bytes.isEmpty
}

private func isHexDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
}

private func lowercased(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self).lowercased() }
