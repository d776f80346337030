import Foundation
import HTTPMessages
import Testing

/// Errors: a line of text, or JSON for those who prefer it; each says what was wrong and what the limit is.
@Suite struct ErrorFormTests {
    private struct Details: Decodable, Equatable {
        let type, title, detail: String
        let status: Int
    }

    /// A request that fails.
    struct Failure: Sendable, CustomTestStringConvertible {
        var method = "GET"
        var target = "/keys/a"
        var fields: InProcessClient.Fields = [:]
        var body = InProcessClient.Body.none
        let status: Status
        let detail: String

        var testDescription: String { "\(method) \(target.prefix(40)): \(status.code)" }
    }

    /// One of each kind, sent to a service that drains, whose limits are 8 bytes of key and 4 of value, and whose one
    /// value is under `old`.
    private static let failures = [
        Failure(
            target: "/keys/%zz", status: .badRequest,
            detail: "'%zz' in the key is not a percent escape of two hex digits"),
        Failure(
            target: "/keys/?limit=0", status: .badRequest, detail: "limit '0' is not a whole number from 1 to 10000"),
        Failure(
            method: "POST", status: .badRequest,
            detail: "POST needs the query parameter 'op': incr, append, getdel, getset or touch"),
        Failure(
            method: "DELETE", target: "/keys", status: .badRequest,
            detail: "name a prefix, as in ?prefix=x, or say all=true to remove every key"),
        Failure(
            method: "POST", target: "/keys/old?op=incr", status: .conflict,
            detail: "the value 'v' is not a whole number from -9223372036854775808 to 9223372036854775807"),
        Failure(
            target: "/keys/old", fields: ["Range": "bytes=1-"], status: .rangeNotSatisfiable,
            detail: "the value has 1 byte, of which the range 'bytes=1-' has none"),
        Failure(target: "/keys/a?ttl=1", status: .badRequest, detail: "unknown query parameter 'ttl'"),
        Failure(
            target: "/keys/old", fields: ["If-Match": "x"], status: .badRequest,
            detail: "If-Match: an entity tag starts with a quote, or W/ and a quote, unlike 'x'"),
        Failure(
            method: "PUT", fields: ["Content-Type": String(repeating: "x", count: 300)], status: .badRequest,
            detail: "Content-Type '\(String(repeating: "x", count: 64))…' has 300 bytes; the limit is 255"),
        Failure(
            method: "PUT", fields: ["Latchkey-Meta-": "x"], status: .badRequest,
            detail: "Latchkey-Meta- has no name after the dash; its value is 'x'"),
        Failure(
            method: "PUT", fields: ["Content-Range": "bytes 0-1/2"], status: .badRequest,
            detail: "Content-Range has no meaning in a PUT: values are stored whole"),
        Failure(target: "/keys/a", status: .notFound, detail: "no value is stored under this key"),
        Failure(
            target: "/nothing", status: .notFound,
            detail: "no such path as '/nothing'; keys are at /keys/<key>, help is at /"),
        Failure(
            method: "PATCH", status: .methodNotAllowed,
            detail: "PATCH is not allowed here, only GET, HEAD, PUT, DELETE, OPTIONS, POST"),
        Failure(
            target: "/keys/old", fields: ["If-Match": "\"x\""], status: .preconditionFailed,
            detail: #"If-Match: the value's ETag "abc-1" is none of those given"#),
        Failure(
            method: "PUT", fields: ["If-Match": "*"], status: .preconditionFailed,
            detail: "If-Match: the key has no value"),
        Failure(
            method: "PUT", body: .whole([1, 2, 3, 4, 5]), status: .contentTooLarge,
            detail: "the value of 5 bytes is larger than the limit of 4 bytes"),
        Failure(
            method: "PUT", body: .chunked([[1, 2, 3, 4], [5]]), status: .contentTooLarge,
            detail: "the value is larger than the limit of 4 bytes"),
        Failure(target: "/keys/123456789", status: .uriTooLong, detail: "the key has 9 bytes; the limit is 8 bytes"),
        Failure(method: "BREW", status: .notImplemented, detail: "the method 'BREW' is not known here"),
        Failure(target: "/readyz", status: .serviceUnavailable, detail: "draining"),
    ]

    private func send(_ failure: Failure, accept: String? = nil) -> Answer {
        let client = InProcessClient(keyBytes: 8, valueBytes: 4, isReady: { false })
        client.put("old", "v")
        let fields = accept.map { failure.fields.adding("Accept", $0) } ?? failure.fields
        return client.send(failure.method, failure.target, fields, failure.body)
    }

    @Test(arguments: failures)
    func `an error is one line of text that says what was wrong`(failure: Failure) {
        let answer = send(failure)
        #expect(answer.status == failure.status.code)
        #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
        #expect(answer.text == "\(failure.detail)\n")
    }

    @Test(arguments: failures)
    func `the same error is JSON for those who prefer it`(failure: Failure) throws {
        let (text, json) = (send(failure), send(failure, accept: "application/json"))
        #expect(json.status == failure.status.code)
        #expect(json["Content-Type"] == "application/problem+json")
        let details = try JSONDecoder().decode(Details.self, from: Data(json.content))
        let expected = Details(
            type: "about:blank", title: failure.status.phrase, detail: failure.detail, status: failure.status.code)
        #expect(details == expected)
        #expect(json.reception == text.reception)
        for name in ["Allow", "ETag", "Retry-After"] { #expect(json[name] == text[name]) }
    }

    @Test(arguments: [
        ["application/json"], ["application/problem+json"], ["application/*"], ["Application/JSON"],
        [" application/json ; q=1 "], ["application/json, */*;q=0.1"], ["text/plain;q=0.5, application/json;q=0.6"],
        ["text/plain;q=0.5,application/json"], ["*/*, text/plain;q=0.1"], ["application/json;q=0.001"],
        ["application/json;q=0.1, text/plain;q=0"], ["application/json;q=0.2, text/plain;q=0.19"],
        ["text/html", "application/json"], ["", "application/json"],
        ["application/json;charset=utf-8"], ["text/*;q=0.2, application/*;q=0.3"],
    ])
    func `JSON is sent where Accept gives it the greater weight`(accept: [String]) {
        #expect(contentType(accept) == "application/problem+json")
    }

    @Test(arguments: [
        [], [""], ["*/*"], ["text/html"], ["text/html, */*;q=0.8"], ["text/plain"], ["application/xml"],
        ["text/plain, application/json"], ["application/json, text/plain"], ["text/*, application/json;q=0.9"],
        ["application/json;q=0"], ["application/json;q=0.5, text/plain;q=0.501"], ["application/jsonp"],
        ["application/jso"], ["*/*, application/json;q=0.1"],
        ["application/*, application/json;q=0, application/problem+json;q=0"],
        ["nonsense"], [",,;;,="],
    ])
    func `text is sent to everybody else`(accept: [String]) {
        #expect(contentType(accept) == "text/plain; charset=utf-8")
    }

    private func contentType(_ accept: [String]) -> String? {
        InProcessClient().get("none", InProcessClient.Fields(accept.map { ("Accept", $0) }))["Content-Type"]
    }

    @Test func `Accept does not matter to a value`() {
        let client = InProcessClient()
        client.put("a", "v", ["Content-Type": "image/png"])
        let answer = client.get("a", ["Accept": "application/json"])
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == "image/png")
    }

    /// Query parameters as they come, how a line of text shows them, and how JSON does once it is read.
    @Test(arguments: [
        (Array("\u{1b}[31m".utf8), "\\u{1b}[31m", "\u{1b}[31m"),
        ([0x61, 0x0d, 0x0a, 0x62], "a\\u{d}\\u{a}b", "a\r\nb"),
        ([0xc2, 0x9b, 0x41], "\\u{9b}A", "\u{9b}A"), ([0x7f], "\\u{7f}", "\u{7f}"), ([0], "\\u{0}", "\0"),
        (Array(#""\"#.utf8), #""\"#, #""\"#), ([0xff, 0x61], "\u{fffd}a", "\u{fffd}a"), (Array("é😀".utf8), "é😀", "é😀"),
        ([UInt8](repeating: 0x61, count: 64), String(repeating: "a", count: 64), String(repeating: "a", count: 64)),
        (
            [UInt8](repeating: 0x61, count: 65), String(repeating: "a", count: 64) + "…",
            String(repeating: "a", count: 64) + "…"
        ),
    ])
    func `what a message quotes can break neither a terminal nor JSON, and is cut`(
        name: [UInt8], asText: String, asJSON: String
    ) throws {
        let client = InProcessClient()
        let target = Array("/keys/a?".utf8) + name
        let text = client.send("GET", target)
        #expect(text.text == "unknown query parameter '\(asText)'\n")
        #expect(text.content.allSatisfy { $0 >= 0x20 || $0 == 0x0a } && text.content.count { $0 == 0x0a } == 1)
        let json = client.send("GET", target, ["Accept": "application/json"])
        let details = try JSONDecoder().decode(Details.self, from: Data(json.content))
        #expect(details.detail == "unknown query parameter '\(asJSON)'")
    }
}
