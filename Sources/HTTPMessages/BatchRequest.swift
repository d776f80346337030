public import ByteBuffers

/// The content of `POST /batch`: items, one after the other.
///
///     GET <key>
///     DELETE <key>
///     PUT <key> <length>
///     <that many bytes>
///
/// Keys are percent-encoded as in a target. Lines end in LF or CRLF, as do a value's bytes; at the end of the content that
/// may be missing. Empty lines between items do not count.
public enum BatchRequest {
    /// The most items that a batch has.
    public static let maximumItemCount = 10_000

    /// One thing to do. Views of the content; the keys still percent-encoded, of printable bytes and at least one, but
    /// without `?` and `#`.
    public enum Item: Sendable {
        case get(key: BorrowedBytes)
        case put(key: BorrowedBytes, value: BorrowedBytes)
        case delete(key: BorrowedBytes)

        /// Whether it may change something.
        public var writes: Bool { if case .get = self { false } else { true } }
    }

    /// The items in `body`, at most `limit`. O(n).
    ///
    /// - Throws: 400 that tells the item's number from 1, what is wrong with it and what is allowed; 413 where there are
    ///   more than `limit`.
    public static func parse(
        _ body: BorrowedBytes, limit: Int = maximumItemCount
    ) throws(Problem) -> [Item] {
        var parser = BatchParser(rest: body)
        var items: [Item] = []
        while let item = try parser.next() {
            guard items.count < limit else {
                throw Problem(.contentTooLarge, "item \(limit + 1): a batch has at most \(limit) items")
            }
            items.append(item)
        }
        return items
    }
}

private struct BatchParser {
    /// What has not been read.
    var rest: BorrowedBytes
    /// The number of the item that is being read, from 1.
    private var number = 0

    init(rest: BorrowedBytes) { self.rest = rest }

    /// The next item, or nil at the end.
    mutating func next() throws(Problem) -> BatchRequest.Item? {
        var line = takeLine()
        while line.isEmpty {
            if rest.isEmpty { return nil }
            line = takeLine()
        }
        number += 1
        if line.starts(with: "GET ") { return .get(key: try key(line.slice(4..<line.count))) }
        if line.starts(with: "DELETE ") { return .delete(key: try key(line.slice(7..<line.count))) }
        if line.starts(with: "PUT ") { return try put(line.slice(4..<line.count)) }
        throw problem(
            "'\(line.excerpt())' is not one of 'GET <key>', 'DELETE <key>' and 'PUT <key> <length>'")
    }

    private mutating func put(_ words: BorrowedBytes) throws(Problem) -> BatchRequest.Item {
        let space = words.firstPosition(of: 0x20) ?? words.count
        let key = try key(words.slice(0..<space))
        let text = words.slice(min(space + 1, words.count)..<words.count)
        guard let length = text.saturatedNumber else {
            throw problem("'\(text.excerpt())' is not the length of a value: PUT <key> <length>, in bytes")
        }
        guard length <= rest.count else {
            let announced = length == 1 ? "1 byte" : "\(text.excerpt()) bytes"
            throw problem("the value has \(announced), of which the batch has only \(rest.count)")
        }
        let value = rest.slice(0..<length)
        rest = rest.slice(length..<rest.count)
        guard rest.isEmpty || rest.starts(with: "\n") || rest.starts(with: "\r\n") else {
            throw problem("the value of \(byteCount(length)) is not followed by a line end")
        }
        _ = takeLine()
        return .put(key: key, value: value)
    }

    private func key(_ key: BorrowedBytes) throws(Problem) -> BorrowedBytes {
        guard !key.isEmpty else { throw problem("the key is empty; it has at least one byte") }
        for byte in key {
            if byte <= 0x20 || byte == 0x7f {
                throw problem("the key '\(key.excerpt())' has spaces or control characters, which are percent-encoded")
            }
            // In a target they would end the key.
            if byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") {
                throw problem("the key '\(key.excerpt())' has a '?' or '#', which is percent-encoded: %3F, %23")
            }
        }
        return key
    }

    /// The bytes up to the next line end, which is read over, or to the end.
    private mutating func takeLine() -> BorrowedBytes {
        let end = rest.firstPosition(of: UInt8(ascii: "\n")) ?? rest.count
        let line = rest.slice(0..<end)
        rest = rest.slice(min(end + 1, rest.count)..<rest.count)
        return line.last == UInt8(ascii: "\r") ? line.slice(0..<line.count - 1) : line
    }

    private func problem(_ detail: String) -> Problem { Problem(.badRequest, "item \(number): \(detail)") }
}
