import Foundation
import MicroHTTPD
import TestSupport
import Testing

/// The recipes of the documentation, with the real curl and the real program.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct CurlTests {
    /// Bytes of every kind.
    private static func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
    }

    @Test func `files and streams are stored and come back bit for bit`() async throws {
        try await withCurl { curl in
            let content = Self.bytes(3_000_000)
            let file = try curl.write("file", content)
            #expect(try curl.status("-T", file, "\(curl.url)/keys/file") == 201)
            #expect(try curl.status("-T", file, "\(curl.url)/keys/file") == 204)
            #expect(try curl.status("-T", "-", "\(curl.url)/keys/stream", input: file) == 201)
            #expect(try curl.status("-X", "PUT", "\(curl.url)/keys/empty") == 201)
            for key in ["file", "stream"] {
                #expect(try curl("-o", curl.path("out"), "\(curl.url)/keys/\(key)").code == 0)
                #expect(try curl.read("out") == content, "\(key)")
            }
            #expect(try curl("-f", "\(curl.url)/keys/empty") == .init(code: 0, output: "", errors: ""))
            #expect(try curl.status("-X", "DELETE", "\(curl.url)/keys/file") == 204)
            // 22: the server said 400 or more.
            #expect(try curl("-f", "\(curl.url)/keys/file").code == 22)
        }
    }

    @Test func `metrics tell which libmicrohttpd serves, and it is the one that is expected`() async throws {
        try await withCurl { curl in
            let metrics = try curl("\(curl.url)/metrics").output
            #expect(metrics.contains("libmicrohttpd=\"\(HTTPServer.engineVersion)\""))
            if let expected = ProcessInfo.processInfo.environment["EXPECTED_LIBMICROHTTPD"] {
                #expect(metrics.contains("libmicrohttpd=\"\(expected)\""))
            }
        }
    }

    @Test func `-I shows the fields alone, those stored among them`() async throws {
        try await withCurl { curl in
            let page = try curl.write("page", Array("<p>".utf8))
            #expect(
                try curl.status(
                    "--data-binary", "@\(page)", "-X", "PUT", "-H", "Content-Type: text/html", "-H",
                    "Latchkey-Meta-Author: me", "\(curl.url)/keys/page?ttl=1000") == 201)
            let lines = try curl("-I", "\(curl.url)/keys/page").output.split(separator: "\r\n")
            #expect(lines.first == "HTTP/1.1 200 OK")
            #expect(
                Set(lines).isSuperset(of: [
                    "Content-Length: 3", "Content-Type: text/html", "Latchkey-Meta-Author: me", "Accept-Ranges: bytes",
                ]))
            #expect(lines.contains { $0.hasPrefix("Latchkey-TTL: ") })
        }
    }

    @Test func `what has not changed is not fetched again`() async throws {
        try await withCurl { curl in
            let (tag, out) = (curl.path("tag"), curl.path("out"))
            let target = "\(curl.url)/keys/a"
            #expect(try curl.status("-T", try curl.write("old", Array("old".utf8)), target) == 201)
            #expect(try curl("--etag-save", tag, "-o", out, target).code == 0)
            #expect(try curl.read("out") == Array("old".utf8))
            try curl.write("out", Array("untouched".utf8))
            let unchanged = try curl("--etag-compare", tag, "--etag-save", tag, "-o", out, "-w", "%{http_code}", target)
            #expect(unchanged == .init(code: 0, output: "304", errors: ""))
            #expect(try curl.read("out") == Array("untouched".utf8))
            #expect(try curl.status("-T", try curl.write("new", Array("new".utf8)), target) == 204)
            let changed = try curl("--etag-compare", tag, "--etag-save", tag, "-o", out, "-w", "%{http_code}", target)
            #expect(changed == .init(code: 0, output: "200", errors: ""))
            #expect(try curl.read("out") == Array("new".utf8))
        }
    }

    @Test func `a key is created once, and replaced by who has its tag`() async throws {
        try await withCurl { curl in
            let (file, target) = (try curl.write("file", [1]), "\(curl.url)/keys/lock")
            #expect(try curl.status("-H", "If-None-Match: *", "-T", file, target) == 201)
            #expect(try curl.status("-H", "If-None-Match: *", "-T", file, target) == 412)
            #expect(try curl("--etag-save", curl.path("tag"), "-o", "/dev/null", target).code == 0)
            let tag = String(decoding: try curl.read("tag"), as: UTF8.self).filter { !$0.isNewline }
            #expect(try curl.status("-H", "If-Match: \(tag)", "-T", file, target) == 204)
            #expect(try curl.status("-H", "If-Match: \(tag)", "-T", file, target) == 412)
            #expect(try curl.status("-X", "DELETE", "-H", "If-Match: \(tag)", target) == 412)
        }
    }

    @Test func `parts are fetched, and a download that broke off goes on`() async throws {
        try await withCurl { curl in
            let content = Self.bytes(1_000_000)
            let target = "\(curl.url)/keys/a"
            #expect(try curl.status("-T", try curl.write("file", content), target) == 201)
            for (range, part) in [("0-9", 0..<10), ("999990-", 999_990..<1_000_000), ("-3", 999_997..<1_000_000)] {
                let outcome = try curl("-r", range, "-o", curl.path("part"), "-w", "%{http_code}", target)
                #expect(outcome.output == "206")
                #expect(try curl.read("part").elementsEqual(content[part]), "\(range)")
            }
            #expect(try curl.status("-r", "1000000-", target) == 416)
            try curl.write("broken", content[..<123_456])
            #expect(try curl("-C", "-", "-o", curl.path("broken"), "-w", "%{http_code}", target).output == "206")
            #expect(try curl.read("broken") == content)
        }
    }

    @Test func `an upload over the limit is refused before curl sends it`() async throws {
        try await withCurl(["--max-value-bytes", "1000000"]) { curl in
            let file = try curl.write("file", Self.bytes(3_000_000))
            let outcome = try curl(
                "-T", file, "-H", "Expect: 100-continue", "--expect100-timeout", "50", "-w",
                "%{http_code} %{size_upload}", "\(curl.url)/keys/a")
            #expect(outcome.code == 0)
            #expect(
                outcome.output == "the value of 3000000 bytes is larger than the limit of 1000000 bytes\n413 0")
        }
    }

    @Test func `a GET waits until somebody writes`() async throws {
        try await withCurl { curl in
            let (target, tag) = ("\(curl.url)/keys/a", curl.path("tag"))
            #expect(try curl.status("-T", try curl.write("old", Array("old".utf8)), target) == 201)
            #expect(try curl("--etag-save", tag, target).output == "old")
            let waiting = try curl.start(["--etag-compare", tag, "-H", "Prefer: wait=50", target])
            while !(try curl("\(curl.url)/metrics").output.contains("\nlatchkey_http_waiting_requests 1\n")) {}
            #expect(try curl.status("-T", try curl.write("new", Array("new".utf8)), target) == 204)
            #expect(try waiting.outcome() == .init(code: 0, output: "new", errors: ""))
            #expect(try curl.status("--etag-compare", tag, "-H", "Prefer: wait=1", target) == 200)
        }
    }

    @Test func `operations count, append, take and touch`() async throws {
        try await withCurl { curl in
            let target = "\(curl.url)/keys/a"
            let created = try curl("-X", "POST", "\(target)?op=incr")
            #expect(created == .init(code: 0, output: "1", errors: ""))
            #expect(try curl("-X", "POST", "\(target)?op=incr&by=41").output == "42")
            #expect(try curl.status("--data-binary", " is it", "\(target)?op=append") == 204)
            #expect(try curl("--data-binary", "new", "\(target)?op=getset").output == "42 is it")
            #expect(try curl.status("-X", "POST", "\(target)?op=touch&ttl=60") == 204)
            #expect(try curl("-X", "POST", "\(target)?op=getdel").output == "new")
            #expect(try curl.status("-X", "POST", "\(target)?op=getdel") == 404)
        }
    }

    @Test func `keys are listed, page by page, and removed by their prefix`() async throws {
        try await withCurl { curl in
            for key in ["a/1", "a/2", "a/3%20", "b"] {
                #expect(try curl.status("-X", "PUT", "\(curl.url)/keys/\(key)") == 201)
            }
            let listed = try curl("\(curl.url)/keys?prefix=a/").output
            #expect(listed.split(separator: "\n").sorted() == ["a/1", "a/2", "a/3%20"])
            // The link in the answer leads to the next page, and is relative to this one.
            var (target, keys): (Substring?, [Substring]) = ("?limit=1", [])
            while let next = target {
                let lines = try curl("-i", "\(curl.url)/keys/\(next)").output.split(separator: "\r\n")
                keys += lines.last?.contains(":") == false ? lines.last?.split(separator: "\n") ?? [] : []
                target = lines.first { $0.hasPrefix("Link: <") }?.dropFirst(7).prefix { $0 != ">" }
            }
            #expect(keys.sorted() == ["a/1", "a/2", "a/3%20", "b"])
            #expect(try curl("-X", "DELETE", "\(curl.url)/keys?prefix=a/").output == "3\n")
            #expect(
                try curl("-H", "Accept: application/json", "-X", "DELETE", "\(curl.url)/keys?all=true").output
                    == #"{"removed":1}"# + "\n")
        }
    }

    @Test func `a batch is a file of items`() async throws {
        try await withCurl { curl in
            let items = try curl.write("items", Array("PUT a 4\nx\n\ny\nGET a\nDELETE a\nGET a\n".utf8))
            let outcome = try curl("--data-binary", "@\(items)", "\(curl.url)/batch")
            let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 8)
            #expect(lines[0].hasPrefix(#"201 - ""#))
            #expect(lines[1].hasPrefix(#"200 4 ""#))
            #expect(lines[2...] == ["x", "", "y", "204 - -", "404 - -", ""])
        }
    }

    @Test func `a key may have dots and brackets, where curl is told to leave them alone`() async throws {
        try await withCurl { curl in
            let target = "\(curl.url)/keys/a/../b"
            #expect(try curl.status("--path-as-is", "-X", "PUT", target) == 201)
            #expect(try curl.status("-X", "PUT", target) == 201)
            #expect(try curl.status("-g", "-X", "PUT", "\(curl.url)/keys/[x]") == 201)
            let keys = try curl("\(curl.url)/keys").output.split(separator: "\n")
            // Listed so that curl leaves them alone without being told.
            #expect(keys.sorted() == ["%5Bx%5D", "a%2F..%2Fb", "b"])
            for key in keys { #expect(try curl.status("\(curl.url)/keys/\(key)") == 200) }
        }
    }

    @Test func `a default time to live is the program's to set`() async throws {
        try await withCurl(["--default-ttl", "1000"]) { curl in
            #expect(try curl.status("-X", "PUT", "\(curl.url)/keys/a") == 201)
            let fields = try curl("-I", "\(curl.url)/keys/a").output
            #expect(fields.contains("\r\nLatchkey-TTL: "))
        }
    }
}
