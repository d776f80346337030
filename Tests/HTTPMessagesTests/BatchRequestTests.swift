import ByteBuffers
import HTTPMessages
import TestSupport
import Testing

/// An item whose bytes are its own.
private enum Item: Equatable {
    case get([UInt8])
    case put([UInt8], [UInt8])
    case delete([UInt8])

    init(_ item: BatchRequest.Item) {
        self =
            switch item {
            case .get(let key): .get(Array(key))
            case .put(let key, let value): .put(Array(key), Array(value))
            case .delete(let key): .delete(Array(key))
            }
    }

    static func get(_ key: String) -> Item { .get(Array(key.utf8)) }
    static func put(_ key: String, _ value: String) -> Item { .put(Array(key.utf8), Array(value.utf8)) }
    static func delete(_ key: String) -> Item { .delete(Array(key.utf8)) }

    func text(lineEnd: String) -> [UInt8] {
        let end = Array(lineEnd.utf8)
        return switch self {
        case .get(let key): Array("GET ".utf8) + key + end
        case .delete(let key): Array("DELETE ".utf8) + key + end
        case .put(let key, let value):
            Array("PUT ".utf8) + key + Array(" \(value.count)".utf8) + end + value + end
        }
    }
}

private func parse(_ body: [UInt8], limit: Int = BatchRequest.maximumItemCount) throws(Problem) -> [Item] {
    try borrowing(body) { bytes in
        Result { () throws(Problem) in try BatchRequest.parse(bytes, limit: limit).map { Item($0) } }
    }.get()
}

private func parse(_ body: String) throws(Problem) -> [Item] { try parse(Array(body.utf8)) }

@Suite struct BatchRequestTests {
    @Test(
        arguments: [
            ("", []), ("\n", []), ("\r\n\n", []), ("\r", []),
            ("GET a\n", [.get("a")]), ("GET a", [.get("a")]), ("GET a\r\n", [.get("a")]),
            ("DELETE a%20b", [.delete("a%20b")]),
            ("GET a\nDELETE b\nGET c\n", [.get("a"), .delete("b"), .get("c")]),
            ("\n\nGET a\n\r\n\nGET b\n\n", [.get("a"), .get("b")]),
            ("PUT a 3\nxyz\n", [.put("a", "xyz")]), ("PUT a 3\nxyz", [.put("a", "xyz")]),
            ("PUT a 3\r\nxyz\r\nGET a\r\n", [.put("a", "xyz"), .get("a")]),
            ("PUT a 0\n\nGET b\n", [.put("a", ""), .get("b")]), ("PUT a 0\n", [.put("a", "")]),
            ("PUT a 0", [.put("a", "")]),
            ("PUT a 000\n", [.put("a", "")]),
            // A value's bytes are whatever they are.
            ("PUT a 6\nGET b\n\nGET c\n", [.put("a", "GET b\n"), .get("c")]),
            ("PUT a 2\n\r\n\nGET c", [.put("a", "\r\n"), .get("c")]),
            ("GET []@!$&'()*+,;=%zz/\u{e9}", [.get("[]@!$&'()*+,;=%zz/\u{e9}")]),
        ] as [(String, [Item])])
    fileprivate func `items are read in their order`(body: String, expected: [Item]) throws {
        #expect(try parse(body) == expected)
    }

    @Test(arguments: [
        ("a", "item 1: 'a' is not one of 'GET <key>', 'DELETE <key>' and 'PUT <key> <length>'"),
        ("GET a\n\nget b", "item 2: 'get b' is not one of 'GET <key>', 'DELETE <key>' and 'PUT <key> <length>'"),
        ("GET", "item 1: 'GET' is not one of 'GET <key>', 'DELETE <key>' and 'PUT <key> <length>'"),
        (" GET a", "item 1: ' GET a' is not one of 'GET <key>', 'DELETE <key>' and 'PUT <key> <length>'"),
        ("GET ", "item 1: the key is empty; it has at least one byte"),
        ("PUT ", "item 1: the key is empty; it has at least one byte"),
        ("PUT  3\nabc", "item 1: the key is empty; it has at least one byte"),
        ("GET a b", "item 1: the key 'a b' has spaces or control characters, which are percent-encoded"),
        ("GET a\nDELETE a?b", "item 2: the key 'a?b' has a '?' or '#', which is percent-encoded: %3F, %23"),
        ("PUT #a 1\nx", "item 1: the key '#a' has a '?' or '#', which is percent-encoded: %3F, %23"),
        ("GET a\r\r\n", "item 1: the key 'a\r' has spaces or control characters, which are percent-encoded"),
        ("DELETE a\u{7f}", "item 1: the key 'a\u{7f}' has spaces or control characters, which are percent-encoded"),
        ("PUT a\nx", "item 1: '' is not the length of a value: PUT <key> <length>, in bytes"),
        ("PUT a x\n", "item 1: 'x' is not the length of a value: PUT <key> <length>, in bytes"),
        ("PUT a -1\n", "item 1: '-1' is not the length of a value: PUT <key> <length>, in bytes"),
        ("PUT a 1 \nx", "item 1: '1 ' is not the length of a value: PUT <key> <length>, in bytes"),
        ("PUT a 3\nxy", "item 1: the value has 3 bytes, of which the batch has only 2"),
        (
            "PUT a 99999999999999999999\nxy",
            "item 1: the value has 99999999999999999999 bytes, of which the batch has only 2"
        ),
        ("GET a\nPUT a 1\nxy\n", "item 2: the value of 1 byte is not followed by a line end"),
        ("PUT a 1\nx\r", "item 1: the value of 1 byte is not followed by a line end"),
    ])
    func `a malformed item is told by its number`(body: String, detail: String) {
        #expect(throws: Problem(.badRequest, detail)) { try parse(body) }
    }

    @Test func `a batch has no more items than its limit`() throws {
        let three = Array("GET a\nGET b\n\nGET c\n".utf8)
        #expect(try parse(three, limit: 3).count == 3)
        #expect(throws: Problem(.contentTooLarge, "item 3: a batch has at most 2 items")) { try parse(three, limit: 2) }
        #expect(try parse(Array(String(repeating: "GET a\n", count: 10_000).utf8)).count == 10_000)
        #expect(throws: Problem(.contentTooLarge, "item 10001: a batch has at most 10000 items")) {
            try parse(Array(String(repeating: "GET a\n", count: 10_001).utf8))
        }
    }
}

@Suite struct BatchRequestFuzzTests {
    private func randomItem(_ random: inout SeededGenerator) -> Item {
        let key = random.bytes(Int.random(in: 1...4, using: &random), of: Array("a%/2\u{ff}".utf8))
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return .get(key)
        case 1: return .delete(key)
        default: return .put(key, random.bytes(Int.random(in: 0...12, using: &random), of: Array("aGET \r\n\0".utf8)))
        }
    }

    @Test(arguments: seeds)
    func `a batch is read as it was put together`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            let items = (0..<Int.random(in: 0...5, using: &random)).map { _ in randomItem(&random) }
            var body: [UInt8] = []
            for item in items {
                let lineEnd = ["\n", "\r\n"].randomElement(using: &random)!
                body +=
                    Array(["", "", "\n", "\r\n\n"].randomElement(using: &random)!.utf8) + item.text(lineEnd: lineEnd)
            }
            #expect(try parse(body) == items, "\(String(decoding: body, as: UTF8.self))")
        }
    }

    @Test(arguments: seeds)
    func `any input is refused, or its items written again read back the same`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (read, refused) = (0, 0)
        for round in 0..<6_000 {
            var body: [UInt8] = []
            if round % 4 == 0 {
                body = random.bytes(Int.random(in: 0...20, using: &random), of: Array("GETPU a1\r\n".utf8))
            } else {
                for _ in 0..<Int.random(in: 0...3, using: &random) { body += randomItem(&random).text(lineEnd: "\n") }
                for _ in 0..<round % 3 where !body.isEmpty {
                    let place = Int.random(in: body.indices, using: &random)
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: body[place] = random.bytes(1, of: Array(" 09a\r\n\0".utf8))[0]
                    case 1: body.remove(at: place)
                    default: body.insert(random.bytes(1)[0], at: place)
                    }
                }
            }
            do throws(Problem) {
                let items = try parse(body)
                let again = try parse(items.flatMap { $0.text(lineEnd: "\n") })
                #expect(again == items, "\(String(decoding: body, as: UTF8.self))")
                read += 1
            } catch {
                #expect(error.status == .badRequest && error.detail.hasPrefix("item "))
                refused += 1
            }
        }
        #expect(read > 500 && refused > 500, "\(read) read, \(refused) refused")
    }
}
