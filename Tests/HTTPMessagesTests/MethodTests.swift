import ByteBuffers
import HTTPMessages
import Testing

@Suite struct MethodTests {
    private static let names: [(String, Method)] = [
        ("GET", .get), ("HEAD", .head), ("PUT", .put), ("DELETE", .delete), ("OPTIONS", .options), ("POST", .post),
        ("PATCH", .patch), ("TRACE", .trace), ("CONNECT", .connect),
    ]

    private func method(_ name: String) -> Method { borrowing(name) { Method(name: $0) } }

    @Test(arguments: names)
    func `a method is known by its name`(name: String, expected: Method) {
        #expect(method(name) == expected)
        #expect("\(expected.name)" == name)
    }

    @Test func `every method but unknown is in the list above`() {
        #expect(Self.names.map(\.1) + [.unknown] == Method.allCases)
    }

    @Test(arguments: names.map(\.0))
    func `a name in another case or length is unknown`(name: String) {
        #expect(method(name.lowercased()) == .unknown)
        #expect(method(name.prefix(1) + name.dropFirst().lowercased()) == .unknown)
        #expect(method(name.dropLast() + name.suffix(1).lowercased()) == .unknown)
        #expect(method(name + "S") == .unknown)
        #expect(method(String(name.dropLast())) == .unknown)
        #expect(method(name + " ") == .unknown)
        #expect(method(name + "\0") == .unknown)
    }

    @Test(arguments: ["", "PROPFIND", "LINK", "BREW", "unknown", "UNKNOWN", "\u{ff27}ET"])
    func `any other name is unknown`(name: String) {
        #expect(method(name) == .unknown)
    }

    @Test func `the word for unknown methods is not the name of one`() {
        #expect("\(Method.unknown.name)" == "other")
        #expect(method("other") == .unknown)
        #expect(!MethodSet(.get).allows(method("other")))
    }
}

@Suite struct MethodSetTests {
    @Test func `a set allows what it was made of`() {
        let set = MethodSet(.get, .delete, .connect)
        for method in Method.allCases {
            #expect(set.allows(method) == [.get, .delete, .connect].contains(method), "\(method)")
            #expect(!MethodSet().allows(method), "\(method)")
            #expect(MethodSet(method).allows(method), "\(method)")
        }
    }

    @Test func `sets can be put together`() {
        let reading = MethodSet(.get, .head)
        #expect(reading.union(MethodSet(.put)) == MethodSet(.put, .head, .get))
        #expect(reading.contains(MethodSet(.head)))
        #expect(!reading.contains(MethodSet(.head, .put)))
        #expect([reading, MethodSet(.options)] as MethodSet == MethodSet(.get, .head, .options))
    }

    @Test(arguments: [
        (MethodSet(), ""), (MethodSet(.get), "GET"), (MethodSet(.get, .get), "GET"),
        (MethodSet(.options, .delete, .put, .head, .get), "GET, HEAD, PUT, DELETE, OPTIONS"),
        (MethodSet(.connect, .trace, .patch, .post), "POST, PATCH, TRACE, CONNECT"),
    ])
    func `the names are listed once, in one order`(set: MethodSet, expected: String) {
        #expect(set.list == expected)
    }
}
