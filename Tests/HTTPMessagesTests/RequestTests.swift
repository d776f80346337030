import ByteBuffers
import HTTPMessages
import Testing

@Suite struct RequestTests {
    @Test func `the first field of a name is found, whatever lies between`() {
        withRequest([(.accept, "a"), (.ifMatch, "b"), (.accept, "c")]) { request in
            #expect(request.first(.accept)?.text == "a")
            #expect(request.first(.ifMatch)?.text == "b")
            #expect(request.first(.ifNoneMatch) == nil)
            #expect(request.fields.map(\.value.text) == ["a", "b", "c"])
        }
    }

    @Test func `a field keeps its name as it came`() {
        let lines = ["aCCept", "LATCHKEY-meta-Éa", "X-Other"].map { (name: Array($0.utf8), value: [0x61] as [UInt8]) }
        withRequest(lines: lines) { request in
            #expect(request.fields.map(\.name) == [.accept, .metadata])
            #expect(request.fields.map(\.text.text) == ["aCCept", "LATCHKEY-meta-Éa"])
        }
    }

    @Test(arguments: [("", ""), (" \t ", ""), (" a b\t", "a b"), ("a", "a")])
    func `white space at both ends of a value is dropped`(value: String, expected: String) {
        #expect(withRequest([(.accept, value)]) { $0.first(.accept)?.text } == expected)
    }

    @Test(arguments: [
        ("0", 0), ("7", 7), ("007", 7), (" 12\t", 12), ("1234567890", 1_234_567_890),
        ("999999999999999999", 999_999_999_999_999_999), ("000000000000000001", 1),
    ])
    func `the announced length is that of Content-Length`(value: String, expected: Int) {
        #expect(withRequest([(.contentLength, value)]) { $0.announcedLength } == expected)
    }

    @Test(arguments: [
        "", " ", "-1", "+1", "1 2", "1,1", "1.0", "1e3", "0x10", "a", "1a", "/", ":", "1/", "1:", "\u{661}",
    ])
    func `no length is announced by what is not a number`(value: String) {
        #expect(withRequest([(.contentLength, value)]) { $0.announcedLength } == nil)
    }

    @Test(arguments: [
        "1000000000000000000", "9223372036854775807", "9223372036854775808", "99999999999999999999999999",
        "18446744073709551617",
    ])
    func `the greatest length stands for all that have more digits than always fit`(value: String) {
        #expect(withRequest([(.contentLength, value)]) { $0.announcedLength } == .max)
    }

    @Test func `no length is announced by a request without Content-Length`() {
        #expect(withRequest([]) { $0.announcedLength } == nil)
        #expect(withRequest([(.contentRange, "5"), (.contentType, "5")]) { $0.announcedLength } == nil)
    }

    @Test(arguments: ["100-continue", "100-Continue", "100-CONTINUE", " 100-continue\t"])
    func `a client waits for 100 Continue if it says so in any case`(value: String) {
        #expect(withRequest([(.expect, value)]) { $0.expectsContinue })
    }

    @Test(arguments: ["", "100", "100-continu", "100-continued", "100 continue", "200-continue", "100-continue, x"])
    func `no other expectation is one`(value: String) {
        #expect(!withRequest([(.expect, value)]) { $0.expectsContinue })
    }

    @Test func `no other field is an expectation`() {
        #expect(!withRequest([]) { $0.expectsContinue })
        #expect(!withRequest([(.accept, "100-continue")]) { $0.expectsContinue })
    }
}
