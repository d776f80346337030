import LatchkeyClient
import Testing

/// SplitMix64: a seed gives the same sequence everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word &>> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word &>> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word &>> 31)
    }

    /// So many random bytes.
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}

/// A seed that is always the same, and one that is new in every run and told by the output.
let seeds = [1, UInt64.random(in: 2 ... .max)]

/// What a reader makes of an answer.
struct ReadAnswer: Equatable {
    let status: Int
    let content: [UInt8]
}

/// Reads an answer that arrives in pieces, the size of each given by `nextSize`.
func readAnswer(_ bytes: [UInt8], nextSize: () -> Int = { .max }) throws(ClientFailure) -> ReadAnswer {
    var rest = bytes[...]
    var sizes: [Int] = []
    var left = bytes.count
    while left > 0 {
        sizes.append(min(left, max(1, nextSize())))
        left -= sizes[sizes.count - 1]
    }
    var position = 0
    var reader = ResponseReader { () throws(ClientFailure) -> [UInt8] in
        guard position < sizes.count else { return [] }
        defer {
            rest = rest.dropFirst(sizes[position])
            position += 1
        }
        return Array(rest.prefix(sizes[position]))
    }
    var head = try reader.nextHead()
    while head.status < 200 { head = try reader.nextHead() }
    var content: [UInt8] = []
    while let piece = try reader.nextPiece() {
        #expect(!piece.isEmpty)
        content += piece
    }
    return ReadAnswer(status: head.status, content: content)
}

/// Reads an answer that arrives at once.
func readAnswer(_ text: String) throws(ClientFailure) -> ReadAnswer { try readAnswer(Array(text.utf8)) }
