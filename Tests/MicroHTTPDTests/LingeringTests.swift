import Glibc
import Sockets
import TestSupport
import Testing
import Threads

@testable import MicroHTTPD

/// Sockets whose clients may still be sending.
@Suite struct LingeringTests {
    /// Two connected sockets.
    private func pair() throws -> (client: Int32, server: Int32) {
        var ends: [Int32] = [0, 0]
        // A program that a test starts meanwhile would keep them open.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SocketFailure("make a pair of sockets")
        }
        return (ends[0], ends[1])
    }

    private func isOpen(_ client: Int32) -> Bool { send(client, "x", 1, Int32(MSG_NOSIGNAL)) == 1 }

    @Test func `a socket is kept until its client ends it, and what it sends is thrown away`() throws {
        let sockets = LingeringSockets(wakeUp: try WakeUp())
        let (client, server) = try pair()
        sockets.adopt(server)
        var byte: UInt8 = 0
        #expect(read(client, &byte, 1) == 0)
        for _ in 0..<100 {
            #expect(write(client, [UInt8](repeating: 1, count: 100_000), 100_000) == 100_000)
            sockets.discardInput()
            #expect(!sockets.isEmpty)
        }
        close(client)
        // A program that another test is about to start has it open until it runs.
        let hasEnded = try eventually {
            sockets.discardInput()
            return sockets.isEmpty
        }
        #expect(hasEnded)
    }

    @Test func `where there are many, those that were kept for the longest make room`() async throws {
        try await blocking { try keepMany() }
    }

    private func keepMany() throws {
        let sockets = LingeringSockets(wakeUp: try WakeUp())
        var clients: [Int32] = []
        defer { for client in clients { close(client) } }
        for number in 0..<1_000 {
            let (client, server) = try pair()
            clients.append(client)
            sockets.adopt(server)
            // As often as the accepting thread would, at a bad time.
            if number % 50 == 0 { sockets.discardInput() }
        }
        sockets.discardInput()
        #expect(clients.suffix(190).allSatisfy { isOpen($0) })
        // A program that another test is about to start has them all until it runs.
        #expect(try eventually { clients.filter { isOpen($0) }.count <= 256 })
    }
}
