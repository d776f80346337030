import ByteBuffers
import HTTPMessages

/// A token with zeros after it, of which no token has any: all have the same length, and so take the same time to compare.
struct PaddedToken {
    static let wordCount = TokenList.mostTokenCount / 8
    private(set) var words = InlineArray<64, UInt64>(repeating: 0)

    /// nil for what is longer than any token. O(n), in the length of what the client itself has sent.
    init?(_ token: BorrowedBytes) {
        guard token.count <= TokenList.mostTokenCount else { return nil }
        for position in 0..<token.count { words[position / 8] |= UInt64(token[position]) << UInt64(position % 8 * 8) }
    }
}

/// Tokens, to be compared with what clients show.
struct TokenTable: Equatable {
    private var words: [UInt64] = []

    init(_ list: TokenList?) {
        precondition(PaddedToken.wordCount == 64, "\(PaddedToken.wordCount) words a token instead of 64")
        for token in list?.tokens ?? [] {
            guard let padded = SharedBytes(copying: token).withBorrowedBytes({ PaddedToken($0) }) else { continue }
            for position in 0..<PaddedToken.wordCount { words.append(padded.words[position]) }
        }
    }

    /// Whether `token` is one of these. O(tokens), and in a time that depends on nothing else: all words of all tokens are
    /// compared, and no branch depends on what came of it.
    func contains(_ token: PaddedToken) -> Bool {
        var found: UInt64 = 0
        for start in stride(from: 0, to: words.count, by: PaddedToken.wordCount) {
            var difference: UInt64 = 0
            for position in 0..<PaddedToken.wordCount { difference |= words[start + position] ^ token.words[position] }
            // 1 for no difference.
            found |= ((difference | (0 &- difference)) >> 63) ^ 1
        }
        return found != 0
    }
}
