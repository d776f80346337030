import ByteBuffers
import HTTPMessages
import TestSupport
import Testing

@Suite struct QueryTests {
    private static let names: [StaticString] = ["a", "ttl", "ttl%"]

    /// The values of `names`, in their order.
    private func values(_ query: String) throws(Problem) -> [String?] {
        try borrowing(query) { bytes in
            Result { () throws(Problem) in
                let query = try Query(bytes, knows: Self.names)
                #expect(Self.names.allSatisfy { query.contains($0) == (query.value(of: $0) != nil) })
                return Self.names.map { query.value(of: $0)?.text }
            }
        }.get()
    }

    private func expectProblem(_ detail: String, _ query: String) {
        #expect(throws: Problem(.badRequest, detail), "\(query)") { try values(query) }
    }

    @Test func `a target without a query has no parameters`() throws {
        let query = try Query(nil, knows: Self.names)
        #expect(query.value(of: "a") == nil)
        #expect(!query.contains("a"))
    }

    @Test(arguments: ["", "&", "&&&"])
    func `a query of nothing has no parameters`(query: String) throws {
        #expect(try values(query) == [nil, nil, nil])
    }

    @Test(
        arguments: [
            ("a", ["", nil, nil]), ("a=", ["", nil, nil]), ("a=1", ["1", nil, nil]), ("a=b=c", ["b=c", nil, nil]),
            ("a==", ["=", nil, nil]), ("ttl=60&a=1", ["1", "60", nil]), ("&&ttl&&a=1&", ["1", "", nil]),
            ("a=%41%2B%26", ["%41%2B%26", nil, nil]), ("ttl%=a?/#", [nil, nil, "a?/#"]),
            ("a=\u{e9}", ["\u{e9}", nil, nil]),
        ] as [(String, [String?])])
    func `a value is what follows the first equals sign, as it came`(query: String, expected: [String?]) throws {
        #expect(try values(query) == expected)
    }

    @Test(arguments: [
        ("b", "b"), ("b=1", "b"), ("a=1&b&c", "b"), ("=1", ""), ("=", ""), ("A", "A"), ("tt", "tt"), ("ttll", "ttll"),
        ("%61=1", "%61"), ("a;b=1", "a;b"), ("a+b=c", "a+b"), ("a =1", "a "), ("x&a&a", "x"), ("a/b?c=1", "a/b?c"),
    ])
    func `an unknown parameter is refused by its name`(query: String, name: String) {
        expectProblem("unknown query parameter '\(name)'", query)
    }

    @Test(arguments: [("a&a", "a"), ("a=1&ttl&a=1", "a"), ("ttl=1&&ttl", "ttl"), ("a&a&x", "a")])
    func `a repeated parameter is refused by its name`(query: String, name: String) {
        expectProblem("query parameter '\(name)' is given more than once", query)
    }

    @Test(arguments: [("a=+", "a"), ("a=b+c", "a"), ("a=1&ttl=+5", "ttl"), ("ttl%=%2B+&a", "ttl%"), ("a==+", "a")])
    func `a raw plus in a value is refused, which may be a blank or a plus`(query: String, name: String) {
        expectProblem(
            "'+' in query parameter '\(name)' is ambiguous: write %20 for a blank, %2B for a plus", query)
    }

    @Test func `what is unknown or repeated is said before what is ambiguous`() {
        expectProblem("unknown query parameter 'b'", "b=+")
        expectProblem("query parameter 'a' is given more than once", "a&a=+")
    }

    @Test func `nothing is known where no names are`() {
        for query in ["a", "a=1", "=", "&a"] {
            #expect(throws: Problem.self) { try borrowing(query) { _ = try Query($0, knows: []) } }
        }
    }

    @Test(arguments: seeds)
    func `any query is read as by one that splits it`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (read, refused) = (0, 0)
        for _ in 0..<4_000 {
            let pieces = ["a", "ttl", "&", "&", "=", "ttl%", "\u{ff}", "x"]
            let query = (0..<Int.random(in: 0...6, using: &random)).map { _ in pieces.randomElement(using: &random)! }
                .joined()
            let parts = query.split(separator: "&").map {
                $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
            }
            let known = Self.names.map { "\($0)" }
            let areKnown = parts.allSatisfy { known.contains($0[0]) } && Set(parts.map { $0[0] }).count == parts.count
            do throws(Problem) {
                let values = try values(query)
                let expected = known.map { name in
                    parts.first { $0[0] == name }.map { $0.count == 2 ? $0[1] : "" }
                }
                #expect(areKnown && values == expected, "\(query)")
                read += 1
            } catch {
                #expect(!areKnown && error.status == .badRequest, "\(query)")
                refused += 1
            }
        }
        #expect(read > 200 && refused > 200, "\(read) read, \(refused) refused")
    }
}
