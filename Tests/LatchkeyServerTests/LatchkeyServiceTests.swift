import Sockets
import TestSupport
import Testing

@testable import LatchkeyServer

@Suite(.timeLimit(.minutes(suiteMinutes))) struct LatchkeyServiceTests {
    @Test func `metrics tell what was done`() async throws {
        try await RunningService.with { service in
            let close = "Host: x\r\nConnection: close\r\n"
            for key in ["a", "b", "b"] {
                let answer = try service.exchange("PUT /keys/\(key) HTTP/1.1\r\n\(close)Content-Length: 5\r\n\r\nvalue")
                #expect(answer.hasPrefix("HTTP/1.1 20"))
            }
            #expect(try service.get("/keys/a").hasSuffix("\r\n\r\nvalue"))
            #expect(try service.get("/keys/none").hasPrefix("HTTP/1.1 404 "))
            // A listing looks through one segment of each shard.
            #expect(try service.get("/keys").hasPrefix("HTTP/1.1 200 "))
            let metrics = try Metrics(service.get("/metrics"))
            #expect(metrics.contentType == "text/plain; version=0.0.4; charset=utf-8")
            #expect(metrics["latchkey_keys"] == 2)
            #expect(metrics["latchkey_value_bytes"] == 10)
            #expect(metrics["latchkey_get_hits_total"] == 1)
            #expect(metrics["latchkey_get_misses_total"] == 1)
            #expect(metrics[#"latchkey_lock_wait_seconds_count{op="read"}"#] == 2)
            #expect(metrics[#"latchkey_lock_wait_seconds_count{op="write"}"#] == 3)
            #expect(metrics[#"latchkey_lock_wait_seconds_bucket{op="read",le="+Inf"}"#] == 2)
            #expect(metrics["latchkey_lock_hold_seconds_count"] == 64)
            #expect(metrics["latchkey_lock_hold_seconds_sum"] ?? 0 > 0)
            #expect(metrics["latchkey_lock_waiters"] == 0)
            #expect(metrics.sum("latchkey_shard_lock_acquisitions_total") == 5)
            #expect(metrics.sum("latchkey_shard_keys") == 2)
            #expect(metrics.sum("latchkey_shard_bytes") == 12)
            let requests = "latchkey_http_requests_total{method="
            #expect(metrics[requests + #""PUT",route="/keys/{key}",code="201"}"#] == 2)
            #expect(metrics[requests + #""PUT",route="/keys/{key}",code="204"}"#] == 1)
            #expect(metrics[requests + #""GET",route="/keys/{key}",code="404"}"#] == 1)
            #expect(metrics["process_open_fds"] ?? 0 > 3)
        }
    }

    @Test func `64 shards make fewer than 800 series, each with a family of its own`() async throws {
        try await RunningService.with { service in
            let metrics = try Metrics(service.get("/metrics"))
            #expect(metrics.values.count < 800)
            for suffix in [
                "lock_acquisitions_total", "lock_contended_total", "lock_wait_seconds_total", "lock_wait_max_seconds",
            ] {
                #expect(metrics.values.keys.count { $0.hasPrefix("latchkey_shard_\(suffix){") } == 64)
            }
            #expect(metrics.values.keys.contains { $0.hasPrefix("latchkey_build_info{version=\"0") })
        }
    }

    @Test func `the pages of the service answer`() async throws {
        try await RunningService.with { service in
            #expect(try service.get("/livez").hasSuffix("\r\n\r\nok\n"))
            #expect(try service.get("/healthz").hasPrefix("HTTP/1.1 200 "))
            #expect(try service.get("/readyz").hasPrefix("HTTP/1.1 200 "))
            #expect(try service.get("/").contains("curl -T photo.png localhost:\(service.port)/keys/photo"))
            let description = try service.get("/openapi.yaml")
            #expect(description.contains("Content-Type: application/yaml\r\n"))
            #expect(description.contains("openapi: 3.1"))
        }
    }

    @Test func `the health check finds a running service and misses a stopped one`() async throws {
        let port = try await RunningService.with { service in
            try checkHealth(host: "127.0.0.1", port: service.port, timeoutSeconds: patienceSeconds)
            return service.port
        }
        #expect(throws: HealthCheckFailure.self) { try checkHealth(host: "127.0.0.1", port: port) }
    }

    @Test func `a taken port is one line that says so`() async throws {
        let taken = try Listener(host: "127.0.0.1", port: 0)
        let failure = await #expect(throws: (any Error).self) {
            try await RunningService.with({ $0.port = taken.address.port }) { _ in }
        }
        #expect(
            "\(failure as Any)".contains("cannot listen on 127.0.0.1:\(taken.address.port): Address already in use"))
    }

    @Test func `an upload in progress is finished while draining, and the connection ends with its answer`()
        async throws
    {
        try await RunningService.with { service in
            let connection = try ClientConnection(
                host: "127.0.0.1", port: service.port, timeoutSeconds: patienceSeconds)
            try connection.send(
                Array("PUT /keys/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n".utf8))
            // The interim answer says that the service has begun with this request.
            #expect(String(decoding: try connection.receive(), as: UTF8.self).hasPrefix("HTTP/1.1 100 "))
            let idle = try ClientConnection(host: "127.0.0.1", port: service.port, timeoutSeconds: patienceSeconds)
            service.requestStop()
            // An idle connection is ended by the drain, so this tells that it has begun.
            #expect(try idle.receive().isEmpty)
            try connection.send(Array("ok".utf8))
            let answer = try RunningService.receiveAll(connection)
            #expect(answer.hasPrefix("HTTP/1.1 201 "))
            #expect(answer.contains("Connection: close\r\n"))
        }
    }
}
