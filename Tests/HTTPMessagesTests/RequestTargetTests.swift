import ByteBuffers
import HTTPMessages
import TestSupport
import Testing

@Suite struct RequestTargetTests {
    private func path(_ target: String, _ method: HTTPMessages.Method = .get) -> String? {
        borrowing(target) { RequestTarget($0, method: method).path.text }
    }

    private func query(_ target: String, _ method: HTTPMessages.Method = .get) -> String? {
        borrowing(target) { RequestTarget($0, method: method).query?.text }
    }

    @Test(arguments: [
        ("/", "/"), ("/keys/a", "/keys/a"), ("//", "//"), ("//host/a", "//host/a"), ("/a/../b/.", "/a/../b/."),
        ("/%2F%3f+", "/%2F%3f+"), ("/a#b", "/a#b"), ("/http://host/a", "/http://host/a"), ("/*", "/*"),
    ])
    func `an origin form is a path as it came`(target: String, expected: String) {
        #expect(path(target) == expected)
        #expect(query(target) == nil)
    }

    @Test(arguments: [
        ("/a?b", "/a", "b"), ("/a?", "/a", ""), ("/?", "/", ""), ("/a?b?c", "/a", "b?c"), ("/a??", "/a", "?"),
        ("/a?b=c&d/e", "/a", "b=c&d/e"), ("/a%3Fb?c", "/a%3Fb", "c"), ("/a?http://host/b?c", "/a", "http://host/b?c"),
        ("http://host/a?b?c", "/a", "b?c"), ("http://host?b/c", "/", "b/c"), ("http://host?", "/", ""),
        ("https://host/?/", "/", "/"),
    ])
    func `the query follows the first question mark`(target: String, expectedPath: String, expectedQuery: String) {
        #expect(path(target) == expectedPath)
        #expect(query(target) == expectedQuery)
    }

    @Test(arguments: [
        ("http://host/a", "/a"), ("https://host/a", "/a"), ("HTTP://host/a", "/a"), ("hTTpS://host/a", "/a"),
        ("http://host:8080/a/b", "/a/b"), ("http://[::1]:80/a", "/a"), ("http://user:word@host/a", "/a"),
        ("http://host//a", "//a"), ("http:///a", "/a"), ("http://host/", "/"),
        ("http://host/http://other/a", "/http://other/a"),
    ])
    func `scheme and authority of an absolute form are skipped`(target: String, expected: String) {
        #expect(path(target) == expected)
        #expect(query(target) == nil)
    }

    @Test(arguments: ["http://h", "http://h:80", "HTTPS://[::1]:1", "http://user@h", "http://", "https://"])
    func `an absolute form without a path means the root, and in OPTIONS the server`(target: String) {
        for method in HTTPMessages.Method.allCases {
            #expect(path(target, method) == (method == .options ? "*" : "/"))
            #expect(query(target, method) == nil)
            // With a query it is a resource that is asked for.
            #expect(path(target + "?x=1", method) == "/")
            #expect(query(target + "?x=1", method) == "x=1")
            #expect(path(target + "/", method) == "/")
        }
    }

    @Test func `a star is the asterisk form`() {
        #expect(path("*") == "*")
        #expect(query("*") == nil)
    }

    @Test(arguments: [
        "", "keys/a", "a", "?", "?a", "**", "*?a", "*/", "host:80", "http:/host/a", "http:host", "http", "http//host/a",
        "ftp://host/a", "httpx://host/a", " /a", "\\a", "file:///a", "ws://host/a",
    ])
    func `any other form has neither path nor query`(target: String) {
        #expect(path(target) == "")
        #expect(query(target) == nil)
    }

    @Test func `the parts of bytes that are not UTF-8 are found`() {
        let target: [UInt8] = [0x2f, 0xff, 0, 0xc3, 0x3f, 0xfe, 0x3d]
        borrowing(target) { bytes in
            let parts = RequestTarget(bytes, method: .get)
            #expect(Array(parts.path) == [0x2f, 0xff, 0, 0xc3])
            #expect(parts.query.map { Array($0) } == [0xfe, 0x3d])
        }
    }

    @Test(arguments: seeds)
    func `path and query are what they were put together of`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            let path = "/" + String(decoding: random.bytes(4, of: Array("/a%.=&:*".utf8)), as: UTF8.self)
            let query = String(decoding: random.bytes(4, of: Array("/a%.=&:*?".utf8)), as: UTF8.self)
            for prefix in ["", "http://h", "HTTPS://h:1"] {
                #expect(self.path(prefix + path) == path && self.query(prefix + path) == nil)
                let target = "\(prefix)\(path)?\(query)"
                #expect(self.path(target) == path && self.query(target) == query, "\(target)")
            }
        }
    }
}
