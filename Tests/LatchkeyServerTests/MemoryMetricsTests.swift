import KeyValueStore
import Sockets
import TestSupport
import Testing

@testable import LatchkeyServer

/// What the service tells of its memory.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct MemoryMetricsTests {
    private static func put(_ service: RunningService, _ key: String, count: Int) throws -> String {
        try service.exchange(
            "PUT /keys/\(key) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: \(count)\r\n\r\n"
                + String(repeating: "v", count: count))
    }

    @Test func `evictions, uploads in progress and refused uploads are told`() async throws {
        try await RunningService.with {
            $0.maxMemory = 2 << 20
            $0.eviction = .s3FIFO
            $0.maxUploadBytes = 300_000
        } _: { service in
            for number in 0..<30 {
                #expect(try Self.put(service, "\(number)", count: 100_000).hasPrefix("HTTP/1.1 201 "))
            }
            let upload = try ClientConnection(host: "127.0.0.1", port: service.port, timeoutSeconds: patienceSeconds)
            try upload.send(Array("PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 250000\r\n\r\n".utf8))
            #expect(
                try eventually {
                    try Metrics(service.get("/metrics"))["latchkey_upload_bytes_in_flight"] == 250_000
                })
            #expect(try Self.put(service, "b", count: 100_000).hasPrefix("HTTP/1.1 503 "))
            let metrics = try Metrics(service.get("/metrics"))
            #expect(metrics["latchkey_evicted_total"] ?? 0 > 5)
            #expect(metrics[#"latchkey_eviction_info{policy="s3-fifo"}"#] == 1)
            #expect(metrics["latchkey_pinned_bytes"] == 0)
            #expect(metrics[#"latchkey_http_rejected_total{reason="uploads"}"#] == 1)
            #expect(metrics[#"latchkey_http_rejected_total{reason="memory"}"#] == 0)
            withExtendedLifetime(upload) {}
        }
    }

    @Test func `uploads may take a quarter of the memory, or one value, or what there is`() {
        var configuration = ServerConfiguration()
        configuration.maxMemory = 1 << 30
        #expect(configuration.maxUploadBytes == 1 << 28)
        configuration.maxMemory = 128 << 20
        #expect(configuration.maxUploadBytes > 64 << 20 && configuration.maxUploadBytes < 65 << 20)
        configuration.maxMemory = 32 << 20
        #expect(configuration.maxUploadBytes == 32 << 20)
        configuration.maxUploadBytes = 5
        #expect(configuration.maxUploadBytes == 5)
    }
}
