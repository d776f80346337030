import TestSupport
import Testing

/// What all answers that tests receive are checked for.
@Suite struct RepeatedFieldTests {
    @Test func `a field that may come once is found where it comes twice, in any case`() {
        #expect(repeatedField(among: ["Date", "ETag", "date"]) == "date")
        #expect(repeatedField(among: ["Content-Length", "Content-Length"]) == "content-length")
        #expect(repeatedField(among: ["Latchkey-Meta-a", "X", "Latchkey-Meta-A"]) == "latchkey-meta-a")
    }

    @Test func `fields of lists may come twice`() {
        #expect(repeatedField(among: ["Date", "Vary", "Link", "Vary", "Link"]) == nil)
        #expect(repeatedField(among: []) == nil)
    }

    @Test func `an answer with a field twice is none`() async throws {
        let server = try ScriptedServer([.text("HTTP/1.1 200 OK\r\nDate: a\r\nDate: b\r\nContent-Length: 0\r\n\r\n")])
        try await blocking {
            let client = try RawClient(port: server.port)
            try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(throws: Unexpected.self) { try client.response() }
        }
    }
}
