import Glibc
import Sockets
import TestSupport
import Testing

@testable import LatchkeyServer

/// What a whole service does about time: values that expire and requests that wait.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct WaitingServiceTests {
    private static let wait =
        "GET /keys/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIf-None-Match: *\r\nPrefer: wait=60\r\n\r\n"
    private static let write =
        "PUT /keys/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nv"
    private static let removal = "DELETE /keys/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    /// Whether the metrics get to have this line.
    private static func comesToTell(_ line: String, _ service: RunningService) throws -> Bool {
        try eventually { try service.get("/metrics").contains("\n\(line)\n") }
    }

    @Test func `values expire after the default time, which wakes who waits for it`() async throws {
        try await RunningService.with({ $0.defaultTTL = .milliseconds(300) }) { service in
            #expect(try service.exchange(Self.write).hasPrefix("HTTP/1.1 201 "))
            let answer = try service.exchange(Self.wait)
            #expect(answer.hasPrefix("HTTP/1.1 404 "))
            #expect(answer.contains("Preference-Applied: wait=60\r\n"))
            // Nobody looks the key up again: it is the sweep that frees it.
            #expect(try Self.comesToTell("latchkey_expired_total 1", service))
            #expect(try Self.comesToTell("latchkey_keys 0", service))
        }
    }

    @Test func `a request that waits is counted, and a change answers it`() async throws {
        try await RunningService.with { service in
            #expect(try service.exchange(Self.write).hasPrefix("HTTP/1.1 201 "))
            let waiting = try ClientConnection(host: "127.0.0.1", port: service.port, timeoutSeconds: patienceSeconds)
            try waiting.send(Array(Self.wait.utf8))
            #expect(try Self.comesToTell("latchkey_http_waiting_requests 1", service))
            #expect(try service.exchange(Self.removal).hasPrefix("HTTP/1.1 204 "))
            #expect(try RunningService.receiveAll(waiting).hasPrefix("HTTP/1.1 404 "))
            #expect(try Self.comesToTell("latchkey_http_waiting_requests 0", service))
        }
    }

    @Test func `a drain answers who waits`() async throws {
        try await RunningService.with { service in
            #expect(try service.exchange(Self.write).hasPrefix("HTTP/1.1 201 "))
            let waiting = try ClientConnection(host: "127.0.0.1", port: service.port, timeoutSeconds: patienceSeconds)
            try waiting.send(Array(Self.wait.utf8))
            #expect(try Self.comesToTell("latchkey_http_waiting_requests 1", service))
            service.requestStop()
            let answer = try RunningService.receiveAll(waiting)
            #expect(answer.hasPrefix("HTTP/1.1 304 "))
            #expect(answer.contains("Connection: close\r\n"))
        }
    }
}
