import ByteBuffers
import HTTPMessages
import TestSupport
import Testing

@Suite struct BatchAnswerTests {
    /// A result, read back from an answer.
    private struct Item: Equatable {
        var status: Int
        var tag: String?
        var content: [UInt8]?
    }

    private func text(reserving capacity: Int = 0, _ append: (inout BatchAnswer) -> Void) -> String? {
        var answer = BatchAnswer(reserving: capacity)
        append(&answer)
        return answer.finish().text
    }

    @Test func `an answer without results is empty`() {
        #expect(text { _ in } == "")
        #expect(text(reserving: 100) { _ in } == "")
    }

    @Test func `each result is a line, and its content if there is any`() {
        let tag = EntityTag(nonce: 0xabc, version: 0x1f)
        let text = text(reserving: 10) {
            $0.append(.ok, etag: tag, content: BorrowedBytes("value"))
            $0.append(.created, etag: tag, content: nil)
            $0.append(.noContent, etag: nil, content: nil)
            $0.append(.notFound, etag: nil, content: BorrowedBytes("no such key\n"))
            $0.append(.ok, etag: nil, content: BorrowedBytes(""))
        }
        #expect(
            text == """
                200 5 "abc-1f"
                value
                201 - "abc-1f"
                204 - -
                404 12 -
                no such key


                """ + "200 0 -\n\n")
    }

    @Test func `the count is of the bytes appended`() {
        var answer = BatchAnswer(reserving: 0)
        answer.append(.ok, etag: nil, content: BorrowedBytes("value"))
        let count = answer.count
        #expect(count == answer.finish().count && count == 14)
    }

    @Test(arguments: seeds)
    func `results read back as they were appended`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            var answer = BatchAnswer(reserving: Int.random(in: 0...64, using: &random))
            var expected: [Item] = []
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let tag =
                    Bool.random(using: &random) ? EntityTag(nonce: random.number(), version: random.number()) : nil
                let content = Bool.random(using: &random) ? random.bytes(Int.random(in: 0...40, using: &random)) : nil
                let status = Status.allCases.randomElement(using: &random)!
                SharedBytes(copying: content ?? []).withBorrowedBytes {
                    answer.append(status, etag: tag, content: content == nil ? nil : $0)
                }
                expected.append(Item(status: status.code, tag: tag?.text, content: content))
            }
            #expect(read(answer.finish().withBorrowedBytes { Array($0) }) == expected)
        }
    }

    /// Reads an answer as a client does.
    private func read(_ answer: [UInt8]) -> [Item]? {
        var rest = answer[...]
        var items: [Item] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let words = rest[..<end].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
            rest = rest[(end + 1)...]
            guard words.count == 3, let status = Int(words[0]) else { return nil }
            var content: [UInt8]?
            if words[1] != "-" {
                guard let count = Int(words[1]), rest.count > count else { return nil }
                content = Array(rest.prefix(count))
                rest = rest.dropFirst(count)
                guard rest.popFirst() == UInt8(ascii: "\n") else { return nil }
            }
            items.append(Item(status: status, tag: words[2] == "-" ? nil : words[2], content: content))
        }
        return rest.isEmpty ? items : nil
    }
}
