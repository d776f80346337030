/// Where to listen, as it is written in one word: `127.0.0.1:9090`, `[::1]:9090` or `localhost:9090`.
public struct ListenAddress: Sendable, Equatable {
    /// An address or a name, without brackets.
    public var host: String
    /// The port; 0 lets the system pick a free one.
    public var port: UInt16

    /// An address of these parts.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// nil for what is no such word. Whether the host resolves shows when it is bound.
    init?(_ text: String) {
        guard text.utf8.count <= 300, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            let colon = text.lastIndex(of: ":")
        else { return nil }
        let (place, digits) = (text[..<colon], text[text.index(after: colon)...])
        guard !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) }), let port = UInt16(digits) else {
            return nil
        }
        if place.first == "[" {
            host = String(place.dropFirst().dropLast())
            guard place.last == "]", host.contains(":"), !host.contains(where: { "[]".contains($0) }) else {
                return nil
            }
        } else {
            host = String(place)
            guard !host.isEmpty, !host.contains(where: { ":[]/".contains($0) }) else { return nil }
        }
        self.port = port
    }
}
