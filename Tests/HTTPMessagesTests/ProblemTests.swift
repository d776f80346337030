import ByteBuffers
import Foundation
import HTTPMessages
import TestSupport
import Testing

private let route = RouteID(rawValue: 5)

@Suite struct ProblemTests {
    private func body(_ problem: Problem, asJSON: Bool) -> String? {
        problem.response(route: route, asJSON: asJSON).body.content?.text
    }

    @Test func `an error as text is its explanation in one line`() {
        let problem = Problem(.notFound, "no value is stored under this key")
        #expect(body(problem, asJSON: false) == "no value is stored under this key\n")
    }

    @Test func `an error as JSON has the members of RFC 9457`() {
        let problem = Problem(.contentTooLarge, "the limit is 8 bytes")
        #expect(
            body(problem, asJSON: true) == """
                {"type":"about:blank","title":"Content Too Large","status":413,"detail":"the limit is 8 bytes"}

                """)
    }

    @Test(arguments: Status.allCases)
    func `the response has the problem's status, type and route`(status: Status) {
        for asJSON in [false, true] {
            let response = Problem(status, "x").response(route: route, asJSON: asJSON)
            #expect(response.status == status)
            #expect(response.route == route)
            #expect(response.retryAfter == (status == .serviceUnavailable ? 1 : nil))
            #expect(response.entityTag == nil && response.allow == nil && !response.isStoredValue)
            switch response.contentType {
            case .problemJSON: #expect(asJSON)
            case .plainTextByAccept: #expect(!asJSON)
            default: Issue.record("\(String(describing: response.contentType))")
            }
        }
    }

    @Test(arguments: [
        ("a\nb", #"a\u{a}b"#, #"a\u000ab"#), ("\r\n", #"\u{d}\u{a}"#, #"\u000d\u000a"#),
        ("\0", #"\u{0}"#, #"\u0000"#), ("\t", #"\u{9}"#, #"\u0009"#), ("\u{1b}[2J", #"\u{1b}[2J"#, #"\u001b[2J"#),
        ("\u{1f} \u{7f}", #"\u{1f} \u{7f}"#, #"\u001f \u007f"#),
        // C1: U+009B starts a terminal's commands, as ESC [ does.
        ("\u{80}\u{9b}\u{9f}\u{a0}", "\\u{80}\\u{9b}\\u{9f}\u{a0}", "\\u0080\\u009b\\u009f\u{a0}"),
    ])
    func `control characters are escaped`(detail: String, text: String, json: String) {
        let problem = Problem(.badRequest, detail)
        #expect(body(problem, asJSON: false) == text + "\n")
        #expect(body(problem, asJSON: true)?.contains(#""detail":"\#(json)"}"#) == true)
    }

    @Test func `quotes and backslashes are escaped in JSON only`() {
        let problem = Problem(.badRequest, #"'"' and '\'"#)
        #expect(body(problem, asJSON: false) == #"'"' and '\'"# + "\n")
        #expect(body(problem, asJSON: true)?.contains(#""detail":"'\"' and '\\'"}"#) == true)
    }

    @Test func `other text comes as it is, in its own spelling`() throws {
        let detail = "e\u{301} \u{e9} \u{20ac} \u{1f511} '/'"
        for asJSON in [false, true] {
            let text = try #require(body(Problem(.badRequest, detail), asJSON: asJSON))
            // Scalars, since a Swift string is equal to its other spellings.
            #expect(Array(text.unicodeScalars).firstRange(of: Array(detail.unicodeScalars)) != nil)
        }
    }

    @Test(arguments: seeds)
    func `a JSON parser reads the explanation back, and text is always one line`(seed: UInt64) throws {
        struct Members: Decodable {
            let type, title, detail: String
            let status: Int
        }
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var detail = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                let limit = [0x100, 0x3000, 0x11_0000].randomElement(using: &random)!
                if let scalar = Unicode.Scalar(UInt32.random(in: 0..<UInt32(limit), using: &random)) {
                    detail.append(scalar)
                }
            }
            let problem = Problem(.badRequest, String(detail))
            let json = try #require(body(problem, asJSON: true))
            let members = try JSONDecoder().decode(Members.self, from: Data(json.utf8))
            #expect(members.detail.unicodeScalars.elementsEqual(detail))
            #expect(members.title == "Bad Request" && members.status == 400 && members.type == "about:blank")
            let text = try #require(body(problem, asJSON: false))
            for line in [json, text] {
                let controls = line.unicodeScalars.filter { $0.properties.generalCategory == .control }
                #expect(Array(controls) == ["\n"])
                #expect(line.last == "\n")
            }
        }
    }
}

@Suite struct ExcerptTests {
    private func excerpt(_ bytes: [UInt8], limit: Int? = nil) -> [Unicode.Scalar] {
        borrowing(bytes) { bytes in Array((limit.map { bytes.excerpt(limit: $0) } ?? bytes.excerpt()).unicodeScalars) }
    }

    @Test(arguments: [("", 0, ""), ("abc", 3, "abc"), ("abcd", 3, "abc…"), ("abc", 0, "…"), ("a\u{e9}", 3, "a\u{e9}")])
    func `what is longer than the limit is cut, and tells so`(text: String, limit: Int, expected: String) {
        #expect(excerpt(Array(text.utf8), limit: limit) == Array(expected.unicodeScalars))
    }

    @Test func `the limit is 64 bytes unless told`() {
        let text = [UInt8](repeating: 0x61, count: 64)
        #expect(excerpt(text).count == 64)
        #expect(excerpt(text + [0x61]) == excerpt(text) + ["…"])
    }

    @Test(
        arguments: [
            ([0xff], "\u{fffd}"), ([0x61, 0xff, 0x62], "a\u{fffd}b"), ([0xc3, 0x28], "\u{fffd}("), ([0xc3], "\u{fffd}"),
            ([0xc3, 0xa9], "\u{e9}"), ([0x65, 0xcc, 0x81], "e\u{301}"),
        ] as [([UInt8], String)])
    func `what is not UTF-8 is replaced`(bytes: [UInt8], expected: String) {
        #expect(excerpt(bytes) == Array(expected.unicodeScalars))
    }

    @Test func `control characters stay, for the response to escape`() throws {
        #expect(excerpt([0x61, 0x1b, 0, 0x7f]) == ["a", "\u{1b}", "\0", "\u{7f}"])
        let problem = borrowing([0x61, 0x1b]) { Problem(.badRequest, $0.excerpt()) }
        guard case .shared(let bytes) = problem.response(route: route, asJSON: false).body else {
            Issue.record("no content")
            return
        }
        #expect(bytes.text == "a\\u{1b}\n")
    }

    @Test func `a character that the cut parts is replaced`() {
        #expect(excerpt(Array("a\u{20ac}b".utf8), limit: 3) == ["a", "\u{fffd}", "…"])
        #expect(excerpt(Array("a\u{20ac}b".utf8), limit: 4) == ["a", "\u{20ac}", "…"])
    }
}
