import ByteBuffers
import HTTPMessages

/// Percent-decoding gives what a plain reading gives, and what it gives is encoded and decoded again to the same.
func fuzzPercentDecoding(_ input: BorrowedBytes) {
    let expected = plainlyDecoded(Array(input))
    let limit = 40
    let decoded = input.withPercentDecoded(limit: limit) { $0.map { Array($0) } }
    switch decoded {
    case .success(let bytes):
        precondition(bytes == expected && bytes.count <= limit, "\(bytes), not \(expected as Any)")
        var encoded: [UInt8] = []
        borrowing(bytes) { $0.appendPercentEncoded(to: &encoded) }
        let again = borrowing(encoded) { $0.withPercentDecoded(limit: limit) { $0.map { Array($0) } } }
        guard case .success(bytes) = again else { preconditionFailure("\(encoded) is decoded to \(again)") }
    case .failure(.malformedEscape(let position)):
        precondition(expected == nil && input[position] == UInt8(ascii: "%"), "an escape at \(position) is well-formed")
    case .failure(.tooLong):
        precondition(expected.map { $0.count > limit } ?? false, "\(expected as Any) is not too long")
    }
}

private func plainlyDecoded(_ bytes: [UInt8]) -> [UInt8]? {
    var decoded: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            decoded.append(byte)
            continue
        }
        let digits = rest.prefix(2)
        guard digits.count == 2, digits.allSatisfy({ Character(UnicodeScalar($0)).isASCIIHexDigit }),
            let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
        else { return nil }
        decoded.append(value)
        rest = rest.dropFirst(2)
    }
    return decoded
}

extension Character {
    fileprivate var isASCIIHexDigit: Bool { isASCII && isHexDigit }
}

/// A list of tags is read or refused; one that was given out is found in it, wherever it stands.
func fuzzEntityTags(_ input: BorrowedBytes) {
    let tag = EntityTag(nonce: 0x5f3a, version: 42)
    guard let list = try? EntityTagList(input, nonce: tag.nonce) else { return }
    guard case .tags(let tags) = list else { return }
    for tag in tags { precondition(tag.version.map { $0 != 0 || !tag.isWeak } ?? true || tag.isWeak) }
    precondition((list.stronglyMatching ?? []).allSatisfy { (list.weaklyMatching ?? []).contains($0) })
    let longer = Array(input) + Array(", \(tag.text)".utf8)
    guard case .tags(let more)? = borrowing(longer, { try? EntityTagList($0, nonce: tag.nonce) }) else {
        preconditionFailure("with one more tag the list is no list")
    }
    precondition(more.count == tags.count + 1 && more.last?.version == 42, "\(more)")
}

/// A part lies within the value.
func fuzzRanges(_ input: BorrowedBytes) {
    guard let first = input.first else { return }
    let count = [0, 1, 10, 1_000, Int.max][Int(first) % 5]
    if case .part(let range) = RangeSelection(input.slice(1..<input.count), of: count) {
        precondition(!range.isEmpty && range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count)")
    }
}

/// What is read of a batch is what is read of it when it is written out again.
func fuzzBatch(_ input: BorrowedBytes) {
    guard let items = try? BatchRequest.parse(input, limit: 100) else { return }
    precondition(items.count <= 100)
    let text = items.flatMap(written)
    let again = borrowing(text) { bytes in (try? BatchRequest.parse(bytes, limit: 100))?.flatMap(written) }
    precondition(again == text, "\(String(decoding: text, as: UTF8.self)) is read as something else")
}

private func written(_ item: BatchRequest.Item) -> [UInt8] {
    func line(_ words: String, _ key: BorrowedBytes) -> [UInt8] {
        precondition(!key.isEmpty && key.allSatisfy { $0 > 0x20 && $0 != 0x7f })
        return Array(words.utf8) + Array(key)
    }
    switch item {
    case .get(let key): return line("GET ", key) + [0x0a]
    case .delete(let key): return line("DELETE ", key) + [0x0a]
    case .put(let key, let value): return line("PUT ", key) + Array(" \(value.count)\n".utf8) + Array(value) + [0x0a]
    }
}
