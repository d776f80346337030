import ByteBuffers
import HTTPMessages
import Testing

/// The lines of CORS.
@Suite struct CrossOriginSharingTests {
    private static let exposed =
        "Access-Control-Expose-Headers: ETag, Link, Latchkey-TTL, Server-Timing, Retry-After, Content-Range, Content-Digest, *"

    private func sharing(_ origins: String...) throws -> CrossOriginSharing {
        try #require(CrossOriginSharing(.listed(origins.compactMap { WebOrigin($0) })))
    }

    private func lines(_ sharing: CrossOriginSharing, _ fields: [(FieldName, String)]) -> [String] {
        withRequest(fields) { sharing.lines(for: $0) }.text?.split(separator: "\r\n").map(String.init) ?? []
    }

    @Test func `nobody is trusted unless some are`() {
        #expect(CrossOriginSharing(.none) == nil)
    }

    @Test func `each origin is told that it is trusted, and no other is`() throws {
        let sharing = try sharing("https://a.test", "http://b.test:3000")
        for origin in ["https://a.test", "http://b.test:3000"] {
            #expect(
                lines(sharing, [(.origin, origin)])
                    == ["Vary: Origin", "Access-Control-Allow-Origin: \(origin)", Self.exposed])
        }
        for origin in ["https://b.test", "https://a.test:3000", "http://a.test", "null", "https://a.test.b", "", "*"] {
            #expect(lines(sharing, [(.origin, origin)]) == ["Vary: Origin"])
        }
        #expect(lines(sharing, [(.origin, "https://a.test"), (.origin, "https://a.test")]) == ["Vary: Origin"])
    }

    @Test(arguments: ["https://a.test", "null", "any"])
    func `where all are trusted, all are told so alike`(origin: String) throws {
        let sharing = try #require(CrossOriginSharing(.all))
        #expect(
            lines(sharing, [(.origin, origin)]) == ["Vary: Origin", "Access-Control-Allow-Origin: *", Self.exposed])
        #expect(withRequest([(.secFetchSite, "cross-site")]) { sharing.admits($0) })
    }

    @Test func `credentials are never asked for`() throws {
        for sharing in [try sharing("https://a.test"), try #require(CrossOriginSharing(.all))] {
            let all = lines(sharing, [(.origin, "https://a.test")])
            #expect(!all.contains { $0.hasPrefix("Access-Control-Allow-Credentials") })
        }
    }
}
