import Foundation
import Sockets
import TestSupport
import Testing

@testable import LatchkeyServer

/// Scrapes by clients that mean no good, or are not well.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct ScrapeTests {
    @Test func `series stay below 800 whatever is asked for`() async throws {
        try await RunningService.with { service in
            let targets = [
                "/keys/a", "/keys/missing", "/keys/%zz", "/keys/a?x=1", "/keys", "/keys?limit=x", "/batch", "/batch?x",
                "/metrics",
                "/livez", "/healthz", "/readyz", "/openapi.yaml", "/", "/nope", "*",
                "/keys/\(String(repeating: "k", count: 2000))",
            ]
            let fields = [
                "", "Range: bytes=9-\r\n", "If-Match: \"x\"\r\n", "If-None-Match: *\r\n", "Content-Length: 1\r\n",
                "Expect: 100-continue\r\nContent-Length: 99999999999\r\n", "Content-Range: bytes 0-1/2\r\n",
            ]
            for method in ["PUT", "GET", "HEAD", "DELETE", "OPTIONS", "POST", "PATCH", "TRACE", "CONNECT", "BREW"] {
                for target in targets {
                    for field in fields {
                        let request = "\(method) \(target) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(field)\r\nx"
                        _ = try? service.exchange(request)
                    }
                }
            }
            let metrics = try Metrics(service.get("/metrics"))
            let requests = metrics.values.keys.count { $0.hasPrefix("latchkey_http_requests_total{") }
            #expect(requests > 80, "\(requests)")
            #expect(metrics.values.count < 800, "\(metrics.values.count), of requests \(requests)")
        }
    }

    @Test func `a scraper that does not read its answer ties up nothing, and is ended`() async throws {
        try await RunningService.with {
            $0.writeTimeout = .seconds(1)
            $0.threads = 1
        } _: { service in
            let scraper = try ClientConnection(
                host: "127.0.0.1", port: service.port, timeoutSeconds: patienceSeconds, receiveBuffer: 1)
            let request = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
            try scraper.send(Array(String(repeating: request, count: 200).utf8))
            #expect(try service.get("/livez").hasPrefix("HTTP/1.1 200 "))
            // Itself, when only this connection is open.
            #expect(try eventually { try Metrics(service.get("/metrics"))["latchkey_http_connections"] == 1 })
            #expect(try Metrics(service.get("/metrics"))["latchkey_http_response_bytes_in_flight"] ?? 0 < 200_000)
        }
    }

    @Test func `whoever asks for gzip gets the same text, packed`() async throws {
        try await RunningService.with { service in
            let answer = try service.exchange(
                "HEAD /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n")
            #expect(answer.contains("Content-Encoding: gzip\r\n"))
            let length = answer.split(separator: "Content-Length: ").last?.split(separator: "\r\n").first.flatMap {
                Int($0)
            }
            let plain = try service.get("/metrics").utf8.count
            #expect(try #require(length) < plain / 4)
        }
    }
}
