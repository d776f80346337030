import Sockets
import TestSupport
import Testing

@testable import MicroHTTPD

/// As many requests at once as the library takes from its epoll set in one go.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct ManyEventsTests {
    /// Where it got exactly so many, it waited for one more before it served any, and so for ever.
    @Test(arguments: [127, 128, 129, 256])
    func `requests that arrive together are all served`(count: Int) async throws {
        let handler = HoldingHandler()
        let server = try HTTPServer(
            .init(host: "127.0.0.1", port: 0, threads: 1, maximumConnections: 1000),
            handler: handler)
        try await blocking {
            let holder = try RawClient(port: server.address.port)
            let clients = try (0..<count).map { _ in try RawClient(port: server.address.port) }
            for client in clients { #expect(try client.exchange("GET", "/").status == 204) }
            try holder.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")
            handler.waitUntilHeld()
            for client in clients { try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
            handler.release()
            for client in clients { #expect(try client.response().status == 204) }
            #expect(try holder.response().status == 204)
            server.stop()
        }
    }

    /// The descriptors that wake the loop are events as well: ours, and from 1.0 on one of the library's.
    @Test(arguments: 123...128)
    func `requests that arrive together with all that wakes the loop are served`(count: Int) async throws {
        let handler = HoldingHandler()
        let server = try HTTPServer(
            .init(host: "127.0.0.1", port: 0, threads: 1, maximumConnections: 1000), handler: handler)
        try await blocking {
            let clients = try (0..<count).map { _ in try RawClient(port: server.address.port) }
            for client in clients { #expect(try client.exchange("GET", "/").status == 204) }
            try clients[0].send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")
            handler.waitUntilHeld()
            for client in clients { try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
            // Both are signalled for one who connects.
            let newcomer = try RawClient(port: server.address.port)
            #expect(try eventually { server.connectionCount == count + 1 })
            handler.release()
            for client in clients { #expect(try client.response().status == 204) }
            #expect(try clients[0].response().status == 204)
            #expect(try newcomer.exchange("GET", "/").status == 204)
            server.stop()
        }
    }
}
