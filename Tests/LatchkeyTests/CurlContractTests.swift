import Foundation
import TestSupport
import Testing

/// What the contract says beside the first recipes, with the real curl and the real program.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct CurlContractTests {
    @Test func `a value that is put with keepttl keeps the end of the one before`() async throws {
        try await withCurl { curl in
            let (file, target) = (try curl.write("file", Array("v".utf8)), "\(curl.url)/keys/session")
            func secondsLeft() throws -> Int? {
                let lines = try curl("-I", target).output.split(separator: "\r\n")
                return lines.first { $0.hasPrefix("Latchkey-TTL: ") }.flatMap { Int($0.dropFirst(14)) }
            }
            #expect(try curl.status("-T", file, "\(target)?ttl=5000") == 201)
            #expect(try curl.status("-T", file, "\(target)?keepttl") == 204)
            #expect(try #require(try secondsLeft()) > 4_000)
            #expect(try curl.status("-T", file, target) == 204)
            #expect(try secondsLeft() == nil)
            #expect(try curl.status("-T", file, "\(target)?keepttl") == 204)
            #expect(try secondsLeft() == nil)
            #expect(
                try curl("-T", file, "\(target)?keepttl=1").output
                    == "query parameter 'keepttl' takes no value, but has '1'\n")
        }
    }

    @Test func `parts that If-Range ties together are of one value, or all of the next`() async throws {
        try await withCurl { curl in
            let target = "\(curl.url)/keys/photo"
            #expect(try curl.status("-T", try curl.write("old", Array("0123456789".utf8)), target) == 201)
            #expect(try curl("--etag-save", curl.path("tag"), "-r", "0-3", target).output == "0123")
            let tag = String(decoding: try curl.read("tag"), as: UTF8.self).filter { !$0.isNewline }
            let rest = ["-H", "If-Range: \(tag)", "-r", "4-", "-w", " %{http_code}", target]
            #expect(try curl.start(rest).outcome().output == "456789 206")
            #expect(try curl.status("-T", try curl.write("new", Array("abc".utf8)), target) == 204)
            #expect(try curl.start(rest).outcome().output == "abc 200")
        }
    }

    private struct Details: Decodable { let type, title, detail: String, status: Int }

    @Test func `errors are JSON for those who ask for it, and caches are told`() async throws {
        try await withCurl { curl in
            let json = try curl("-i", "-H", "Accept: application/json", "\(curl.url)/keys/%zz").output
            let parts = json.components(separatedBy: "\r\n\r\n")
            for line in [
                "HTTP/1.1 400 Bad Request", "Content-Type: application/problem+json", "Vary: Accept",
                "Cache-Control: no-cache",
            ] { #expect(parts[0].components(separatedBy: "\r\n").contains(line), "\(line)") }
            let details = try JSONDecoder().decode(Details.self, from: Data(parts[1].utf8))
            #expect(details.type == "about:blank" && details.title == "Bad Request" && details.status == 400)
            #expect(details.detail == "'%zz' in the key is not a percent escape of two hex digits")
            let text = try curl("-i", "\(curl.url)/nope").output
            #expect(text.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
            #expect(text.contains("\r\nVary: Accept\r\n") && text.contains("\r\nCache-Control: no-cache\r\n"))
            #expect(text.hasSuffix("\r\n\r\nno such path as '/nope'; keys are at /keys/<key>, help is at /\n"))
        }
    }

    private struct Listing: Decodable {
        struct Item: Decodable { let key: String, size: Int, etag: String, ttl: Int? }
        let keys: [Item]
    }

    @Test func `a list is JSON for those who ask for it`() async throws {
        try await withCurl { curl in
            let file = try curl.write("file", Array("12345".utf8))
            #expect(try curl.status("-T", file, "\(curl.url)/keys/a%20b") == 201)
            #expect(try curl.status("-T", file, "\(curl.url)/keys/c?ttl=5000") == 201)
            let answer = try curl("-i", "-H", "Accept: application/json", "\(curl.url)/keys").output
            let parts = answer.components(separatedBy: "\r\n\r\n")
            #expect(parts[0].contains("\r\nContent-Type: application/json\r\nVary: Accept\r\n"))
            let listing = try JSONDecoder().decode(Listing.self, from: Data(parts[1].utf8))
            let items = listing.keys.sorted { $0.key < $1.key }
            #expect(items.map(\.key) == ["a%20b", "c"])
            #expect(items.map(\.size) == [5, 5])
            #expect(items[0].ttl == nil)
            #expect(try #require(items[1].ttl) > 4_000)
            #expect(try curl("-I", "\(curl.url)/keys/c").output.contains("\r\nETag: \(items[1].etag)\r\n"))
        }
    }

    /// `hello, hello, hello`, LF, as `gzip -n` packs it.
    private static let packed: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0xc8,
        0x40, 0xa2, 0xb8, 0x00, 0xe7, 0x42, 0x6e, 0x52, 0x14, 0x00, 0x00, 0x00,
    ]

    @Test func `what was packed is given back packed, and curl unpacks it`() async throws {
        try await withCurl { curl in
            let (file, target) = (try curl.write("page.gz", Self.packed), "\(curl.url)/keys/page")
            #expect(try curl.status("-T", file, "-H", "Content-Encoding: gzip", target) == 201)
            #expect(try curl("--compressed", target).output == "hello, hello, hello\n")
            #expect(try curl("-o", curl.path("out"), target).code == 0)
            #expect(try curl.read("out") == Self.packed)
            #expect(try curl("-I", target).output.contains("\r\nContent-Encoding: gzip\r\n"))
        }
    }

    @Test func `curl sends nothing where nothing can be sent`() async throws {
        try await withCurl { curl in
            let file = try curl.write("file", [UInt8](repeating: 7, count: 2_000_000))
            for (method, path, status) in [
                ("PUT", "/nope", 404), ("PUT", "/metrics", 405), ("BREW", "/keys/a", 501), ("PATCH", "/keys/a", 405),
            ] {
                let outcome = try curl(
                    "-X", method, "-T", file, "-H", "Expect: 100-continue", "--expect100-timeout", "50", "-o",
                    "/dev/null", "-w", "%{http_code} %{size_upload}", "\(curl.url)\(path)")
                #expect(outcome.output == "\(status) 0", "\(method) \(path)")
            }
        }
    }

    @Test func `memory is given back to the system when values are removed`() async throws {
        try await withCurlAndServer(["--log-level", "debug"]) { curl, server, _ in
            let file = try curl.write("file", [UInt8](repeating: 1, count: 1 << 20))
            #expect(try curl("-T", file, "\(curl.url)/keys/[1-80]").code == 0)
            // Only what it has seen stored does the housekeeping miss: let it come by once.
            #expect(try curl.status("-T", file, "\(curl.url)/keys/short?ttl=1") == 201)
            try server.waitToSay("swept")
            #expect(try curl("-X", "DELETE", "\(curl.url)/keys?all=true").output == "80\n")
            try server.waitToSay("returned memory")
        }
    }

    @Test(arguments: [("90m", "5400 seconds"), ("1", "1 second"), ("300ms", "0.3 seconds"), ("1.05s", "1.05 seconds")])
    func `the page of help tells the limits in force`(time: String, seconds: String) async throws {
        try await withCurl(["--default-ttl", time, "--max-value-bytes", "1000"]) { curl in
            let help = try curl(curl.url).output
            #expect(
                help.contains("Without ttl it expires after \(seconds). A batch, and its answer, has up to 1000 bytes.")
            )
        }
    }
}
