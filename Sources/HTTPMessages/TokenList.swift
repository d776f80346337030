import ByteBuffers

/// The tokens in a file: one a line; empty lines, and those that begin with `#`, are for people.
public struct TokenList: Sendable, Equatable {
    /// The tokens, in the order of their lines; at least one.
    public let tokens: [[UInt8]]

    /// Characters of the shortest token. With 16 of 64 characters chosen at random it has 96 bits.
    public static let leastTokenCount = 16
    /// Characters of the longest token.
    public static let mostTokenCount = 512
    /// Tokens in a list at most: each is compared with that of each request.
    public static let mostTokens = 100

    /// Why a file has no list. Never with anything of a token.
    public enum Malformation: Error, Equatable, Sendable {
        /// There is no token in it.
        case empty
        /// There are too many.
        case tooMany
        /// This line is no token. Lines count from 1.
        case line(Int, reason: String)
    }

    /// Reads the content of a file. O(n).
    public init(_ bytes: [UInt8]) throws(Malformation) {
        var tokens: [[UInt8]] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let text = Self.trimmed(line)
            if text.isEmpty || text.first == UInt8(ascii: "#") { continue }
            guard SharedBytes(copying: text).withBorrowedBytes({ $0.isBearerToken }) else {
                throw .line(index + 1, reason: "a token has letters, digits and -._~+/ only, with any = at its end")
            }
            guard (Self.leastTokenCount...Self.mostTokenCount).contains(text.count) else {
                throw .line(
                    index + 1, reason: "a token has \(Self.leastTokenCount) to \(Self.mostTokenCount) characters")
            }
            tokens.append(Array(text))
        }
        if tokens.isEmpty { throw .empty }
        if tokens.count > Self.mostTokens { throw .tooMany }
        self.tokens = tokens
    }

    /// Without white space at both ends, also not the carriage return of a line that ends in two characters.
    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0d }
        let rest = line.drop(while: isSpace)
        let end = rest.lastIndex { !isSpace($0) }
        return end.map { rest[...$0] } ?? []
    }
}

extension TokenList.Malformation: CustomStringConvertible {
    /// One line, without the file's name.
    public var description: String {
        switch self {
        case .empty: "there is no token in it"
        case .tooMany: "there are more than \(TokenList.mostTokens) tokens in it"
        case .line(let number, let reason): "line \(number): \(reason)"
        }
    }
}
