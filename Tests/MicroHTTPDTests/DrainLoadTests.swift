import Glibc
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import MicroHTTPD

/// Drains while clients send one request after the other.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct DrainLoadTests {
    private static let request = "POST /keys/n?op=incr HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test(arguments: 0..<20)
    func `each client is told that its connection ends, and no request is lost`(round: Int) async throws {
        try await withServer { live in
            let answered = Atomic<Int>(0)
            async let drained = drain(live, after: 200 + 10 * round, answered)
            try await eachOnItsOwn(8) { number in
                let client = try live.connect()
                var isTold = false
                while !isTold {
                    try client.send(Self.request)
                    let response = try client.response()
                    #expect(response.status < 300)
                    answered.add(1, ordering: .relaxed)
                    isTold = response["Connection"] == "close"
                    // Some are between two requests when the drain begins.
                    if number < 4 { usleep(UInt32(1000 * number)) }
                }
                #expect(try client.hasEnded())
            }
            #expect(try await drained)
            #expect(live.stored(Array("n".utf8)) == Array("\(answered.load(ordering: .relaxed))".utf8))
        }
    }

    @Test(arguments: 0..<5)
    func `a client that is connected is served, whenever it has connected`(round: Int) async throws {
        try await withServer { live in
            let answered = Atomic<Int>(0)
            async let drained = drain(live, after: 100 + 10 * round, answered)
            try await eachOnItsOwn(6) { _ in
                while let client = try? live.connect() {
                    try client.send(Self.request)
                    #expect(try client.response().status < 300)
                    answered.add(1, ordering: .relaxed)
                }
            }
            #expect(try await drained)
            #expect(live.stored(Array("n".utf8)) == Array("\(answered.load(ordering: .relaxed))".utf8))
        }
    }

    @Test func `a listener passes over who comes, and gives those away who were there before`() async throws {
        try await blocking {
            let listener = try Listener(host: "127.0.0.1", port: 0)
            let early = try ClientConnection(
                host: "127.0.0.1", port: listener.address.port, timeoutSeconds: patienceSeconds)
            try #require(listener.ignoreNewcomers())
            let late = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
            defer { close(late) }
            var address = sockaddr_in(
                sin_family: sa_family_t(AF_INET), sin_port: listener.address.port.bigEndian,
                sin_addr: in_addr(s_addr: INADDR_LOOPBACK.bigEndian), sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
            let result = withUnsafeBytes(of: &address) {
                connect(late, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
            }
            #expect(result == -1 && errno == EINPROGRESS)
            guard case .accepted(let descriptor, _, _) = listener.accept() else {
                throw Unexpected("nobody has connected")
            }
            defer { close(descriptor) }
            guard case .nobody = listener.accept() else { throw Unexpected("somebody has connected") }
            try early.send([1])
            var byte: UInt8 = 0
            #expect(recv(descriptor, &byte, 1, 0) == 1)
            ConnectedSocket.sendAtOnce("x", on: descriptor)
            #expect(try early.receive() == Array("x".utf8))
            listener.stopListening()
            // His system tries again.
            var event = pollfd(fd: late, events: Int16(POLLOUT), revents: 0)
            #expect(poll(&event, 1, Int32(patienceSeconds) * 1000) == 1)
            var failure: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            #expect(getsockopt(late, SOL_SOCKET, SO_ERROR, &failure, &length) == 0)
            #expect(failure == ECONNREFUSED)
        }
    }

    /// Drains when so many requests have been answered.
    private func drain(_ live: LiveServer, after count: Int, _ answered: borrowing Atomic<Int>) async throws -> Bool {
        while answered.load(ordering: .relaxed) < count { try await Task.sleep(for: .milliseconds(1)) }
        return await live.server.drain(timeout: patience)
    }
}
