import Glibc
import Sockets
import TestSupport
import Testing

@testable import MicroHTTPD

/// When a sweep ends a connection, at instants that are made up. The sockets are real.
@Suite final class SweepRecordTests {
    private let start = ContinuousClock.now
    private let timeout = Duration.seconds(75)
    private let client: ClientConnection
    private let server: ServerEnd
    private let connection: Connection
    private var record = SweepRecord()

    /// The other end of the connection. Closed with the last reference.
    private final class ServerEnd {
        let descriptor: Int32
        init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }

    init() throws {
        let listener = try Listener(host: "127.0.0.1", port: 0)
        client = try ClientConnection(host: "127.0.0.1", port: listener.address.port, timeoutSeconds: patienceSeconds)
        guard case .accepted(let descriptor, _, _) = listener.accept() else { throw Unexpected("nobody has connected") }
        server = ServerEnd(descriptor)
        connection = Connection(descriptor: descriptor)
    }

    private func mustEnd(after time: Duration) -> Bool {
        record.mustEnd(connection, at: start + time, idleTimeout: timeout)
    }

    @Test func `an idle connection is ended when the time-out is over, and not a nanosecond before`() {
        #expect(!mustEnd(after: .zero))
        #expect(!mustEnd(after: timeout - .nanoseconds(1)))
        #expect(mustEnd(after: timeout))
    }

    @Test func `every request begins the time anew, also one that came and went between two sweeps`() {
        #expect(!mustEnd(after: .zero))
        connection.advance(to: .receiving)
        connection.advance(to: .answering)
        connection.advance(to: .idle)
        #expect(!mustEnd(after: timeout))
        #expect(!mustEnd(after: timeout * 2 - .nanoseconds(1)))
        #expect(mustEnd(after: timeout * 2))
    }

    @Test func `a request that waits is not ended, and has all of the time when it waits no more`() {
        connection.advance(to: .receiving)
        connection.advance(to: .waiting)
        for count in 0...10 { #expect(!mustEnd(after: timeout * count)) }
        connection.advance(to: .idle)
        #expect(!mustEnd(after: timeout * 20))
        #expect(!mustEnd(after: timeout * 21 - .nanoseconds(1)))
        #expect(mustEnd(after: timeout * 21))
    }

    @Test func `a request goes on for as long as bytes arrive`() throws {
        connection.advance(to: .receiving)
        #expect(!mustEnd(after: .zero))
        for count in 1...10 {
            try client.send([1])
            #expect(!mustEnd(after: timeout * count))
        }
        #expect(!mustEnd(after: timeout * 11 - .nanoseconds(1)))
        #expect(mustEnd(after: timeout * 11))
    }

    @Test func `an answer goes on for as long as the client takes bytes`() throws {
        connection.advance(to: .receiving)
        connection.advance(to: .answering)
        #expect(!mustEnd(after: .zero))
        for count in 1...10 {
            ConnectedSocket.sendAtOnce("x", on: server.descriptor)
            #expect(try client.receive().count == 1)
            #expect(!mustEnd(after: timeout * count))
        }
        #expect(!mustEnd(after: timeout * 11 - .nanoseconds(1)))
        #expect(mustEnd(after: timeout * 11))
    }

    @Test(arguments: [true, false])
    func `a connection that its client has ended is ended at the second look`(isIdle: Bool) {
        if !isIdle { connection.advance(to: .receiving) }
        #expect(!mustEnd(after: .zero))
        client.finishSending()
        #expect(!mustEnd(after: .seconds(1)))
        #expect(mustEnd(after: .seconds(2)))
    }

    @Test func `what a client sent before it ended the connection is waited for`() throws {
        try client.send([1])
        client.finishSending()
        // Not read yet.
        for second in 0..<5 { #expect(!mustEnd(after: .seconds(second))) }
        #expect(ConnectedSocket.discardInput(of: server.descriptor))
        #expect(!mustEnd(after: .seconds(5)))
        // The loop makes something of it between two looks.
        connection.advance(to: .receiving)
        #expect(!mustEnd(after: .seconds(6)))
        #expect(mustEnd(after: .seconds(7)))
    }

    @Test func `an answer to a client that sends no more is finished`() {
        connection.advance(to: .receiving)
        connection.advance(to: .answering)
        client.finishSending()
        for second in 0..<75 { #expect(!mustEnd(after: .seconds(second))) }
    }
}
