import KeyValueAPI
import MicroHTTPD
import HTTPMessages
import Foundation
import TestSupport
import Testing

/// What comes over the wire, field by field.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct ResponseTests {
    @Test func `a value comes with these fields and no others`() async throws {
        try await withServer { live in
            let client = try live.connect()
            let created = try client.put("a", Array("hello".utf8))
            #expect(created.statusLine == "HTTP/1.1 201 Created")
            #expect(created.names.sorted() == ["Content-Length", "Date", "ETag"])
            #expect(created["Content-Length"] == "0")
            #expect(created["ETag"] == #""abc-1""#)
            let replaced = try client.put("a", Array("hello!".utf8), "Content-Type: text/x; charset=utf-8\r\n")
            #expect(replaced.statusLine == "HTTP/1.1 204 No Content")
            #expect(replaced.names.sorted() == ["Date", "ETag"])
            #expect(replaced["ETag"] == #""abc-2""#)
            for method in ["GET", "HEAD"] {
                let value = try client.exchange(method, "/keys/a")
                #expect(value.statusLine == "HTTP/1.1 200 OK")
                let names = [
                    "Accept-Ranges", "Cache-Control", "Content-Length", "Content-Type", "Date", "ETag",
                    "X-Content-Type-Options",
                ]
                #expect(value.names.sorted() == names)
                #expect(value["Content-Type"] == "text/x; charset=utf-8")
                #expect(value["Content-Length"] == "6")
                #expect(value["ETag"] == #""abc-2""#)
                #expect(value["Cache-Control"] == "no-cache")
                #expect(value["X-Content-Type-Options"] == "nosniff")
                #expect(value.text == (method == "GET" ? "hello!" : ""))
            }
        }
    }

    @Test func `a value that has not changed is 304 with its length and no content`() async throws {
        try await withServer { live in
            let client = try live.connect()
            _ = try client.put("a", Array("hello".utf8))
            for method in ["GET", "HEAD"] {
                let response = try client.exchange(method, "/keys/a", "If-None-Match: \"x\", W/\"abc-1\"\r\n")
                #expect(response.statusLine == "HTTP/1.1 304 Not Modified")
                #expect(response["ETag"] == #""abc-1""#)
                #expect(response["Content-Type"] == nil)
                #expect([nil, "5"].contains(response["Content-Length"]))
            }
            #expect(try client.exchange("GET", "/keys/a").text == "hello")
        }
    }

    @Test func `a deleted value is gone, and its key can be created again`() async throws {
        try await withServer { live in
            let client = try live.connect()
            _ = try client.put("a", [1])
            let deleted = try client.exchange("DELETE", "/keys/a")
            #expect(deleted.statusLine == "HTTP/1.1 204 No Content")
            #expect(deleted.names == ["Date"])
            for method in ["GET", "HEAD", "DELETE"] { #expect(try client.exchange(method, "/keys/a").status == 404) }
            #expect(try client.put("a", [2], "If-None-Match: *\r\n")["ETag"] == #""abc-2""#)
        }
    }

    @Test func `a failed condition is 412 with the current tag, and changes nothing`() async throws {
        try await withServer { live in
            let client = try live.connect()
            _ = try client.put("a", Array("old".utf8))
            for fields in ["If-None-Match: *\r\n", "If-Match: \"abc-7\"\r\n", "If-Match: W/\"abc-1\"\r\n"] {
                let response = try client.put("a", Array("new".utf8), fields)
                #expect(response.statusLine == "HTTP/1.1 412 Precondition Failed")
                #expect(response["ETag"] == #""abc-1""#)
            }
            #expect(try client.exchange("GET", "/keys/a").text == "old")
            #expect(try client.put("a", Array("new".utf8), "If-Match: \"abc-1\"\r\n").status == 204)
        }
    }

    @Test func `methods are told, and others refused`() async throws {
        try await withServer { live in
            let client = try live.connect()
            let keys = "GET, HEAD, PUT, DELETE, OPTIONS, POST"
            let collection = "GET, HEAD, DELETE, OPTIONS"
            for (method, target, status, allow) in [
                ("OPTIONS", "/keys/a", 204, keys), ("OPTIONS", "*", 204, keys),
                ("OPTIONS", "/livez", 204, "GET, HEAD, OPTIONS"),
                ("OPTIONS", "/keys", 204, collection), ("OPTIONS", "/keys/", 204, collection),
                ("OPTIONS", "/batch", 204, "OPTIONS, POST"),
                ("PATCH", "/keys/a", 405, keys), ("PUT", "/keys/", 405, collection), ("POST", "/keys", 405, collection),
                ("GET", "/batch", 405, "OPTIONS, POST"), ("POST", "/livez", 405, "GET, HEAD, OPTIONS"),
                ("DELETE", "/livez", 405, "GET, HEAD, OPTIONS"), ("BREW", "/keys/a", 501, nil),
                ("get", "/keys/a", 501, nil),
                ("GET", "/nothing", 404, nil), ("GET", "/batch/", 404, nil), ("POST", "/nothing", 404, nil),
            ] as [(String, String, Int, String?)] {
                let response = try client.exchange(method, target)
                #expect(response.status == status, "\(method) \(target)")
                #expect(response["Allow"] == allow, "\(method) \(target)")
            }
        }
    }

    @Test func `an error is a line of text, or JSON for those who prefer it`() async throws {
        try await withServer { live in
            let client = try live.connect()
            let text = try client.exchange("GET", "/keys/none")
            #expect(text.statusLine == "HTTP/1.1 404 Not Found")
            #expect(text["Content-Type"] == "text/plain; charset=utf-8")
            #expect(text.text == "no value is stored under this key\n")
            let json = try client.exchange("GET", "/keys/none", "Accept: application/json\r\n")
            #expect(json["Content-Type"] == "application/problem+json")
            let problem = try JSONDecoder().decode(ProblemDetails.self, from: Data(json.body))
            #expect(problem.status == 404)
            #expect(problem.title == "Not Found")
            #expect(problem.detail == "no value is stored under this key")
        }
    }

    private struct ProblemDetails: Decodable {
        let type, title, detail: String
        let status: Int
    }

    @Test func `the date is the current time in its one form`() async throws {
        try await withServer { live in
            let date = try #require(try live.exchange("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")["Date"])
            let format = DateFormatter()
            format.locale = Locale(identifier: "en_US_POSIX")
            format.timeZone = TimeZone(identifier: "GMT")
            format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
            let time = try #require(format.date(from: date))
            #expect(abs(time.timeIntervalSinceNow) < 60)
            #expect(format.string(from: time) == date)
        }
    }

    @Test func `the pages of the service have their types`() async throws {
        try await withServer { live in
            let client = try live.connect()
            for (path, type, text) in [
                ("/metrics", "text/plain; version=0.0.4; charset=utf-8", "metrics\n"),
                ("/", "text/plain; charset=utf-8", "help\n"),
                ("/openapi.yaml", "application/yaml", "openapi: 3.1.0\n"),
                ("/livez", "text/plain; charset=utf-8", "ok\n"),
                ("/healthz", "text/plain; charset=utf-8", "ok\n"), ("/readyz", "text/plain; charset=utf-8", "ok\n"),
            ] {
                let response = try client.exchange("GET", path)
                #expect(response.status == 200)
                #expect(response["Content-Type"] == type)
                #expect(response.text == text)
            }
        }
    }

    @Test func `what was answered is counted by method, route and status`() async throws {
        try await withServer { live in
            let client = try live.connect()
            for _ in 0..<3 { _ = try client.put("a", [1]) }
            for target in ["/keys/a", "/keys/a", "/keys/none", "/livez", "/nothing"] {
                _ = try client.exchange("GET", target)
            }
            _ = try client.exchange("BREW", "/keys/a")
            let counts = Set(
                live.server.requestCounts.map { "\($0.method.name) \($0.route.rawValue) \($0.status.code) \($0.count)" }
            )
            let (keys, livez, other) = (Route.keys.rawValue, Route.livez.rawValue, Route.other.rawValue)
            let expected = [
                "PUT \(keys) 201 1", "PUT \(keys) 204 2", "GET \(keys) 200 2", "GET \(keys) 404 1",
                "GET \(livez) 200 1",
                "GET \(other) 404 1",
            ]
            #expect(counts.isSuperset(of: expected))
            #expect(counts.count == expected.count + 1)
        }
    }
}
