import CFaults
import Glibc
import Sockets
import TestSupport
import Testing

@testable import MicroHTTPD

/// Connections that the system has no room for, which the library begins and ends at once, or never begins.
@Suite(.timeLimit(.minutes(suiteMinutes)), .enabled(if: latchkey_can_refuse_additions()))
struct NewcomerFaultTests {
    @Test(arguments: [1, 0b10, 0b1011, 0x5555_5555, 0xAAAA_AAAA, 0xFFFF_0000, 0xFFFF_FFFF] as [UInt64])
    func `who cannot be watched is counted in and out once, and all others are served`(pattern: UInt64) async throws {
        let limit = 40
        try await withServer({ ($0.threads, $0.connectionsPerAddress) = (1, limit) }) { live in
            for _ in 0..<5 {
                latchkey_refuse_additions(live.server.loops[0].epollSet, pattern)
                let clients = try (0..<32).map { _ in try live.connect() }
                for client in clients { try? client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n") }
                let served = clients.filter { (try? $0.response())?.status == 200 }
                #expect(served.count == 32 - pattern.nonzeroBitCount)
                // No more than there are, and no fewer.
                #expect(try eventually { live.server.connectionCount == served.count })
                for client in served { #expect(try client.exchange("GET", "/livez").status == 200) }
                #expect(live.server.connectionCount == served.count)
                for client in clients { client.connection.finishSending() }
                #expect(try eventually { live.server.connectionCount == 0 })
            }
            // The address has all the connections that it may have, and none more.
            let inside = try (0..<limit).map { _ in try live.connect() }
            for client in inside { #expect(try client.exchange("GET", "/livez").status == 200) }
            #expect(try live.connect().response().status == 503)
            #expect(live.rejections("address_connections") == 1)
            #expect(live.server.connectionCount == limit)
            let start = ContinuousClock.now
            #expect(await live.server.drain(timeout: patience))
            #expect(.now - start < patience / 2)
        }
    }

    @Test func `who comes while all others go is counted once too`() async throws {
        try await withServer({ ($0.threads, $0.connectionsPerAddress) = (1, 100) }) { live in
            for round in 0..<100 {
                latchkey_refuse_additions(live.server.loops[0].epollSet, UInt64(round))
                let clients = try (0..<8).map { _ in try live.connect() }
                for client in clients {
                    try? client.send("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                }
                let answers = clients.map { (try? $0.rest()) ?? [] }
                #expect(answers.filter { !$0.isEmpty }.count == 8 - round.nonzeroBitCount)
                #expect(try eventually { live.server.connectionCount == 0 })
                latchkey_refuse_additions(live.server.loops[0].epollSet, 0)
            }
        }
    }

    @Test func `who comes while turns are interrupted is counted once`() async throws {
        try await withServer({ ($0.threads, $0.connectionsPerAddress) = (1, 100) }) { live in
            for round in 1...30 {
                latchkey_interrupt_waits(live.server.loops[0].epollSet, Int32(round))
                let clients = try (0..<8).map { _ in try live.connect() }
                for client in clients { #expect(try client.exchange("GET", "/livez").status == 200) }
                #expect(live.server.connectionCount == 8)
                for client in clients { client.connection.finishSending() }
                #expect(try eventually { live.server.connectionCount <= 0 })
                #expect(live.server.connectionCount == 0)
            }
        }
    }
}
