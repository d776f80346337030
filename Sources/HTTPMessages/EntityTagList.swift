public import ByteBuffers

/// What `If-Match` or `If-None-Match` names: anything, or a list of entity tags (RFC 9110 section 13.1).
public enum EntityTagList: Sendable {
    /// `*`.
    case any
    /// The tags listed, of which those that this run of the service has given out are told by their version.
    case tags([Tag])

    /// One listed tag.
    public struct Tag: Sendable, Equatable {
        /// Whether it is marked weak, `W/"..."`.
        public let isWeak: Bool
        /// The version of a value of this run; nil for a tag that no value of this run ever had.
        public let version: UInt64?
    }

    /// Why a list could not be read.
    public enum Malformation: Error, Equatable {
        /// A tag does not start with a quote, or `W/` and a quote.
        case notQuoted
        /// A tag's closing quote is missing.
        case notClosed
        /// A control character stands in a tag.
        case controlCharacter
        /// Something else than a comma follows a tag.
        case noComma
        /// `*` stands beside tags.
        case starInList
    }

    /// Reads the value of one field. Empty list elements are skipped, as RFC 9110 section 5.6.1.2 wants. O(n).
    public init(_ value: BorrowedBytes, nonce: UInt64) throws(Malformation) {
        var rest = value
        try self.init(reading: &rest, nonce: nonce)
    }

    /// Reads the value of one field to its end; where it fails, `rest` begins with the tag at fault. O(n).
    public init(reading rest: inout BorrowedBytes, nonce: UInt64) throws(Malformation) {
        rest = rest.trimmed
        if rest == "*" {
            self = .any
            return
        }
        var tags: [Tag] = []
        while true {
            while let first = rest.first, first == UInt8(ascii: ",") || first == 0x20 || first == 0x09 {
                rest = rest.slice(1..<rest.count)
            }
            if rest.isEmpty { break }
            tags.append(try Self.takeTag(&rest, nonce: nonce))
        }
        self = .tags(tags)
    }

    private static func takeTag(_ rest: inout BorrowedBytes, nonce: UInt64) throws(Malformation) -> Tag {
        if rest[0] == UInt8(ascii: "*") { throw .starInList }
        let isWeak = rest.starts(with: "W/")
        let tag = isWeak ? rest.slice(2..<rest.count) : rest
        guard tag.first == UInt8(ascii: "\"") else { throw .notQuoted }
        let quoted = tag.slice(1..<tag.count)
        guard let end = quoted.firstPosition(of: UInt8(ascii: "\"")) else { throw .notClosed }
        let opaque = quoted.slice(0..<end)
        // Spaces are not allowed by the RFC's grammar, but older versions of it let them in.
        guard opaque.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { throw .controlCharacter }
        let next = quoted.slice(end + 1..<quoted.count).trimmed
        guard next.isEmpty || next[0] == UInt8(ascii: ",") else { throw .noComma }
        rest = next
        return Tag(isWeak: isWeak, version: EntityTag.version(in: opaque, nonce: nonce))
    }

    /// Versions that match by weak comparison; nil stands for any (RFC 9110 section 8.8.3.2).
    public var weaklyMatching: [UInt64]? {
        switch self {
        case .any: nil
        case .tags(let tags): tags.compactMap(\.version)
        }
    }

    /// Versions that match by strong comparison, which a weak tag never does; nil stands for any.
    public var stronglyMatching: [UInt64]? {
        switch self {
        case .any: nil
        case .tags(let tags): tags.filter { !$0.isWeak }.compactMap(\.version)
        }
    }
}
