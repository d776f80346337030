import LatchkeyClient
import Testing

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
