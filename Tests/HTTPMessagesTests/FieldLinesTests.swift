import ByteBuffers
import HTTPMessages
import TestSupport
import Testing

private let route = RouteID(rawValue: 0)

@Suite struct FieldLinesTests {
    /// A kind of response, and its lines after `Date`.
    struct Kind: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let response: Response
        let lines: [String]

        init(_ name: String, _ status: Status, _ lines: [String], _ change: (inout Response) -> Void = { _ in }) {
            testDescription = name
            var response = Response(status, route: route)
            change(&response)
            self.response = response
            self.lines = lines
        }
    }

    static let kinds = [
        Kind("without fields", .noContent, []),
        Kind(
            "stored value", .ok,
            [
                "Content-Type: image/png", #"ETag: "ffffffffffff-1f""#, "Cache-Control: no-cache",
                "X-Content-Type-Options: nosniff", "Accept-Ranges: bytes",
            ]
        ) {
            $0.showStored(lines: SharedBytes("\r\nContent-Type: image/png"))
            $0.entityTag = EntityTag(nonce: 0xffff_ffff_ffff, version: 0x1f)
            $0.isStoredValue = true
        },
        Kind(
            "not modified", .notModified,
            [#"ETag: "abc-10""#, "Cache-Control: no-cache", "X-Content-Type-Options: nosniff"]
        ) {
            $0.entityTag = EntityTag(nonce: 0xabc, version: 0x10)
            $0.isStoredValue = true
        },
        Kind("written", .created, [#"ETag: "0-0""#]) { $0.entityTag = EntityTag(nonce: 0, version: 0) },
        Kind("options", .noContent, ["Allow: GET, PUT, OPTIONS"]) { $0.allow = MethodSet(.options, .put, .get) },
        Kind(
            "method not allowed", .methodNotAllowed,
            ["Content-Type: text/plain; charset=utf-8", "Vary: Accept", "Cache-Control: no-cache", "Allow: GET, HEAD"]
        ) {
            $0.contentType = .plainTextByAccept
            $0.allow = MethodSet(.get, .head)
        },
        Kind(
            "overload", .serviceUnavailable,
            [
                "Content-Type: application/problem+json", "Vary: Accept", "Cache-Control: no-cache",
                "Retry-After: 120",
            ]
        ) {
            $0.contentType = .problemJSON
            $0.retryAfter = 120
        },
        Kind(
            "metrics", .ok,
            [
                "Content-Type: text/plain; version=0.0.4; charset=utf-8", "Vary: Accept, Accept-Encoding",
                "Cache-Control: no-cache",
            ]
        ) { $0.contentType = .prometheusText },
        Kind(
            "gzipped OpenMetrics", .ok,
            [
                "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8",
                "Vary: Accept, Accept-Encoding", "Cache-Control: no-cache", "Content-Encoding: gzip",
            ]
        ) {
            $0.contentType = .openMetrics
            $0.add(isGzip: true)
        },
        Kind(
            "page for a browser", .ok,
            [
                "Content-Type: text/html; charset=utf-8", "Vary: Accept, Accept-Encoding", "Cache-Control: no-cache",
                "Content-Security-Policy: default-src 'none'", "X-Content-Type-Options: nosniff",
            ]
        ) {
            $0.contentType = .html
            $0.add(isNotToBeSniffed: true, securityPolicy: "default-src 'none'")
        },
        Kind("description", .ok, ["Content-Type: application/yaml", "Cache-Control: no-cache"]) {
            $0.contentType = .yaml
        },
        Kind("colons in a value", .ok, ["Content-Type: a:b: c", "Cache-Control: no-cache"]) {
            $0.showStored(lines: SharedBytes("\r\nContent-Type: a:b: c"))
        },
        Kind("JSON", .ok, ["Content-Type: application/json", "Vary: Accept", "Cache-Control: no-cache"]) {
            $0.contentType = .json
        },
        Kind("batch", .ok, ["Content-Type: application/vnd.latchkey.batch", "Cache-Control: no-cache"]) {
            $0.contentType = .batch
        },
        Kind("a number, new", .created, ["Content-Type: text/plain; charset=utf-8"]) { $0.contentType = .plainText },
        Kind("stored without fields", .ok, ["Content-Type: application/octet-stream", "Cache-Control: no-cache"]) {
            $0.showStored(lines: SharedBytes(""))
        },
        Kind(
            "stored with fields", .ok,
            [
                "Content-Type: a/b", "Content-Encoding: gzip", "latchkey-META-a: b", "Cache-Control: no-cache",
                "Latchkey-TTL: 60",
            ]
        ) {
            $0.showStored(lines: SharedBytes("\r\nContent-Type: a/b\r\nContent-Encoding: gzip\r\nlatchkey-META-a: b"))
            $0.extra = .init(timeToLive: 60)
        },
        Kind(
            "old value", .ok, ["Content-Type: text/html", "Cache-Control: no-cache", "X-Content-Type-Options: nosniff"]
        ) {
            $0.showStored(lines: SharedBytes("\r\nContent-Type: text/html"))
            $0.add(isNotToBeSniffed: true)
        },
        Kind(
            "stored with fields but no type", .ok,
            ["Content-Type: application/octet-stream", "Latchkey-Meta-a: b", "Cache-Control: no-cache"]
        ) { $0.showStored(lines: SharedBytes("\r\nLatchkey-Meta-a: b")) },
        Kind(
            "part", .partialContent,
            [
                "Content-Type: application/octet-stream", "Cache-Control: no-cache", "X-Content-Type-Options: nosniff",
                "Accept-Ranges: bytes", "Latchkey-TTL: 0", "Content-Range: bytes 0-0/9223372036854775807",
            ]
        ) {
            $0.contentType = .stored
            $0.isStoredValue = true
            $0.extra = .init(timeToLive: 0, contentRange: (0..<1, .max))
        },
        Kind(
            "no such part", .rangeNotSatisfiable,
            [
                "Content-Type: text/plain; charset=utf-8", "Cache-Control: no-cache",
                "X-Content-Type-Options: nosniff", "Accept-Ranges: bytes", "Content-Range: bytes */0",
            ]
        ) {
            $0.contentType = .plainText
            $0.isStoredValue = true
            $0.extra = .init(unsatisfiedOf: 0)
        },
        Kind(
            "page", .ok,
            ["Cache-Control: no-cache", #"Link: </keys?cursor=1>; rel="next""#, "Preference-Applied: wait=5"]
        ) {
            $0.extra = .init(link: #"</keys?cursor=1>; rel="next""#, preferenceApplied: "wait=5")
        },
        Kind("nothing extra", .ok, ["Cache-Control: no-cache"]) { $0.extra = .init() },
        Kind(
            "everything", .serviceUnavailable,
            [
                "Content-Type: text/plain; charset=utf-8", #"ETag: "1-ffffffffffffffff""#, "Cache-Control: no-cache",
                "X-Content-Type-Options: nosniff", "Accept-Ranges: bytes", "Allow: ", "Retry-After: 0",
            ]
        ) {
            $0.contentType = .plainText
            $0.entityTag = EntityTag(nonce: 1, version: .max)
            $0.isStoredValue = true
            $0.allow = []
            $0.retryAfter = 0
        },
    ]

    private func text(of lines: borrowing FieldLines) -> String? { lines.bytes.text }

    @Test(arguments: kinds)
    func `the lines are those of the response, after the value of Date`(kind: Kind) {
        var lines = FieldLines()
        lines.set(to: kind.response, date: .example)
        let text = text(of: lines)
        let count = lines.count
        #expect(text == ([HTTPDate.exampleText] + kind.lines).joined(separator: "\r\n"))
        #expect(count == text?.utf8.count)
    }

    @Test(arguments: kinds)
    func `the same lines come one by one`(kind: Kind) {
        var lines = FieldLines()
        lines.set(to: kind.response, date: .example)
        var seen: [String] = []
        lines.forEach { name, value in seen.append("\(name.text ?? "?"): \(value.text ?? "?")") }
        #expect(seen == ["Date: \(HTTPDate.exampleText)"] + kind.lines)
    }

    @Test func `names and values come apart`() {
        var lines = FieldLines()
        var response = Response(.ok, route: route)
        response.showStored(lines: SharedBytes("\r\nContent-Type: a: b"))
        lines.set(to: response, date: .example)
        var seen: [[String]] = []
        lines.forEach { seen.append([$0.text ?? "?", $1.text ?? "?"]) }
        #expect(seen == [["Date", HTTPDate.exampleText], ["Content-Type", "a: b"], ["Cache-Control", "no-cache"]])
    }

    @Test func `nothing of a longer response is left`() {
        var lines = FieldLines()
        for kind in Self.kinds.sorted(by: { $0.lines.joined().count > $1.lines.joined().count }) {
            lines.set(to: kind.response, date: .example)
            let text = text(of: lines)
            #expect(text == ([HTTPDate.exampleText] + kind.lines).joined(separator: "\r\n"))
        }
    }

    @Test func `there are no lines at first`() {
        let lines = FieldLines()
        let isEmpty = lines.bytes.isEmpty
        #expect(isEmpty)
    }

    @Test func `a stored type is sent as it came, whatever its bytes`() {
        let type: [UInt8] = [0x61, 0x2f, 0x62, 0x3b, 0xff, 0xc3, 0x28]
        var response = Response(.created, route: route)
        response.showStored(lines: SharedBytes(copying: "\r\nContent-Type: ".utf8 + type))
        var lines = FieldLines()
        lines.set(to: response, date: .example)
        let bytes = Array(lines.bytes)
        #expect(bytes == Array("\(HTTPDate.exampleText)\r\nContent-Type: ".utf8) + type)
        var values: [[UInt8]] = []
        lines.forEach { values.append(Array($1)) }
        #expect(values.last == type, "one by one")
    }

    @Test func `an entity tag is spelled in its field as it reads itself`() {
        var random = SeededGenerator(seed: 1)
        var lines = FieldLines()
        for _ in 0..<500 {
            let tag = EntityTag(nonce: random.number(), version: random.number())
            var response = Response(.created, route: route)
            response.entityTag = tag
            lines.set(to: response, date: .example)
            let text = text(of: lines)
            #expect(text == "\(HTTPDate.exampleText)\r\nETag: \(tag.text)")
        }
    }
}

extension Response {
    /// Makes the response one of an empty value that is kept with these lines.
    mutating func showStored(lines: SharedBytes) {
        body = .stored(StoredContent(lines, linesCount: lines.count))
        contentType = .stored
    }
}
