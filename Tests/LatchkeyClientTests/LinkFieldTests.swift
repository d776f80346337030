import LatchkeyClient
import TestSupport
import Testing

@Suite struct LinkFieldTests {
    @Test(arguments: [
        ("</keys/?cursor=1>; rel=\"next\"", "/keys/?cursor=1"), ("<a>;rel=next", "a"), ("<a> ; REL = NEXT ; x", "a"),
        ("<a>; rel=prev, <b>; rel=\"first next\"", "b"),
        ("<a>; title=\"x, <y>; rel=next\"; rel=prev,<b>;rel=next", "b"),
        ("<a>; title=\"\\\"\"; rel=next", "a"), ("<a,b;c>; rel=next", "a,b;c"), (", ,<a>; rel=next", "a"),
    ])
    func `the next page is found`(value: String, target: String) throws {
        #expect(try head("Link: \(value)").nextLink == target)
    }

    @Test(arguments: [
        "", "<a>", "<a>; rel=prev", "<a>; rel=nextish", "a; rel=next", "<a; rel=next", "<a>; rel=prev; rel=next",
    ])
    func `where there is none, none is found`(value: String) throws {
        #expect(try head("Link: \(value)").nextLink == nil)
    }

    @Test func `it may be in any of several lines`() throws {
        #expect(try head("Link: <a>; rel=prev", "X: y", "link: <b>; rel=next").nextLink == "b")
    }

    @Test(arguments: seeds)
    func `any value is looked through to its end`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let parts = ["<", ">", ";", ",", "\"", "\\", "=", " ", "rel", "next", "a"]
        for _ in 0..<5000 {
            let value = (0..<12).map { _ in parts.randomElement(using: &random)! }.joined()
            if let link = try head("Link: \(value)").nextLink { #expect(value.contains("<\(link)>")) }
        }
    }

    private func head(_ fields: String...) throws -> ResponseHead {
        try ResponseHead(["HTTP/1.1 200 OK"].map { Array($0.utf8) } + fields.map { Array($0.utf8) })
    }
}
