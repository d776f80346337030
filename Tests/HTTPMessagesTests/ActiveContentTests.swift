import ByteBuffers
import HTTPMessages
import Testing

/// Values that a browser runs are kept with the policy that they are sent with.
@Suite struct ActiveContentTests {
    private static let policy = "\r\nContent-Security-Policy: sandbox allow-scripts allow-forms allow-popups"

    private func stored(_ lines: [(String, String)]) throws -> String {
        try withRequest(lines: lines.map { (Array($0.0.utf8), Array($0.1.utf8)) }) { request in
            Result { () throws(Problem) in try request.withStoredFields { String(decoding: $0, as: UTF8.self) } }
        }.get()
    }

    @Test(arguments: [
        "text/html", "TEXT/Html", "text/html; charset=utf-8", "text/html;charset=utf-8", "text/html ;a",
        "text/html\t;a",
        "text/html (a page)", "text/html(a page)", "text/html a", "image/png, text/html", "image/png,text/html",
        "text/html, image/png", #"text/plain; a=", text/html"#, "application/xhtml+xml", "image/svg+xml",
        "Image/SVG+XML;a=b",
        "text/xml", "application/xml", "APPLICATION/XML; charset=x", "application/atom+xml", "application/mathml+xml",
        "application/xslt+xml", "text/xsl", "multipart/x-mixed-replace; boundary=a", "Multipart/Related",
        ",,text/html,",
        "application/vnd.a.b+xml",
    ])
    func `a type that browsers run has a policy behind it`(type: String) throws {
        #expect(try stored([("Content-Type", type)]) == "\r\nContent-Type: \(type)" + Self.policy)
        let all = [("Latchkey-Meta-a", "b"), ("Content-Encoding", "gzip"), ("Content-Type", type)]
        #expect(
            try stored(all)
                == "\r\nContent-Type: \(type)\(Self.policy)\r\nContent-Encoding: gzip\r\nLatchkey-Meta-a: b")
    }

    @Test(arguments: [
        "text/plain", "image/png", "application/json", "text/css", "text/javascript", "application/pdf", "text/htm",
        "text/html5",
        "xtext/html", "text/xhtml", "text/html+x", "html", "xml", "+xml", "/xml", "application/xml-dtd", "text/xmlx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/octet-stream; a=text/html",
        "multipart/", "multipart", "text/ html", ";text/html", "(text/html", "\"text/html\"", "text/html\u{a0}",
    ])
    func `any other type has none`(type: String) throws {
        #expect(try stored([("Content-Type", type)]) == "\r\nContent-Type: \(type)")
    }

    @Test func `a client says nothing about the policy`() throws {
        let own = ("Content-Security-Policy", "default-src *")
        #expect(try stored([own]) == "")
        #expect(try stored([("Content-Type", "text/html"), own]) == "\r\nContent-Type: text/html" + Self.policy)
        #expect(try stored([own, ("Content-Type", "text/plain")]) == "\r\nContent-Type: text/plain")
    }
}
