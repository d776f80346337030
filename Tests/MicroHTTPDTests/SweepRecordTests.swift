import Glibc
import Sockets
import TestSupport
import Testing

@testable import MicroHTTPD

/// When a sweep ends a connection, at instants that are made up. The sockets are real.
@Suite final class SweepRecordTests {
    private let start = ContinuousClock.now
    private let idle = Duration.seconds(75)
    private let deadlines = HTTPServer.Deadlines(
        head: .seconds(10), request: .seconds(600), content: .seconds(60), answer: .seconds(60), idle: .seconds(75),
        minimumRate: 100)
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

    private func ending(after time: Duration) -> SweepRecord.Ending? {
        record.ending(of: connection, at: connection.step, start + time, deadlines)
    }

    @Test func `an idle connection is ended when the time-out is over, and not a nanosecond before`() {
        #expect(ending(after: .zero) == nil)
        #expect(ending(after: idle - .nanoseconds(1)) == nil)
        #expect(ending(after: idle) == .over)
    }

    @Test func `every request begins the time anew, also one that came and went between two sweeps`() {
        #expect(ending(after: .zero) == nil)
        connection.answerRequest()
        #expect(ending(after: idle) == nil)
        #expect(ending(after: idle * 2 - .nanoseconds(1)) == nil)
        #expect(ending(after: idle * 2) == .over)
    }

    @Test func `a request that waits is not ended, and has all of the time when it waits no more`() {
        connection.advance(to: .receivingHead)
        connection.advance(to: .waiting)
        for count in 0...10 { #expect(ending(after: idle * count) == nil) }
        connection.advance(to: .idle, isAnswered: true)
        #expect(ending(after: idle * 20) == nil)
        #expect(ending(after: idle * 21 - .nanoseconds(1)) == nil)
        #expect(ending(after: idle * 21) == .over)
    }

    @Test func `the time for a head runs from its first byte, whether its first line has arrived or not`() throws {
        #expect(ending(after: .zero) == nil)
        usleep(Self.tick)
        try deliver(1)
        #expect(ending(after: .seconds(1)) == nil)
        #expect(ending(after: .seconds(5)) == nil)
        connection.advance(to: .receivingHead)
        #expect(ending(after: .seconds(11) - .nanoseconds(1)) == nil)
        #expect(ending(after: .seconds(11)) == .overdue(.head))
    }

    @Test func `the first head has begun also where it comes at the moment of connecting`() throws {
        try deliver(1)
        #expect(ending(after: .zero) == nil)
        #expect(ending(after: .seconds(10)) == .overdue(.head))
    }

    @Test func `bytes now and then do not make more time for a head`() throws {
        usleep(Self.tick)
        try deliver(1)
        for second in 0..<10 {
            #expect(ending(after: .seconds(second)) == nil)
            try deliver(1)
        }
        #expect(ending(after: .seconds(10)) == .overdue(.head))
    }

    @Test func `the next head has all of its time again`() throws {
        connection.advance(to: .receivingHead)
        #expect(ending(after: .zero) == nil)
        connection.advance(to: .answering)
        connection.advance(to: .idle, isAnswered: true)
        connection.advance(to: .receivingHead)
        #expect(ending(after: .seconds(9)) == nil)
        #expect(ending(after: .seconds(19) - .nanoseconds(1)) == nil)
        #expect(ending(after: .seconds(19)) == .overdue(.head))
    }

    @Test func `content goes on for as long as it keeps up the least rate, until the request's time is over`() throws {
        connection.advance(to: .receivingHead)
        #expect(ending(after: .zero) == nil)
        connection.advance(to: .receivingContent)
        for second in 1..<600 {
            try #require(ending(after: .seconds(second)) == nil, "after \(second) s")
            try deliver(100)
            _ = ConnectedSocket.discardInput(of: server.descriptor)
        }
        #expect(ending(after: .seconds(600)) == .overdue(.request))
    }

    @Test func `content below the least rate has the time-out, and no byte as well`() throws {
        connection.advance(to: .receivingContent)
        #expect(ending(after: .zero) == nil)
        for second in 1..<60 {
            try deliver(1)
            #expect(ending(after: .seconds(second)) == nil)
        }
        #expect(ending(after: .seconds(60)) == .overdue(.content))
        // A stretch that was good enough does not help the next.
        try deliver(10_000)
        #expect(ending(after: .seconds(61)) == nil)
        #expect(ending(after: .seconds(120)) == nil)
        #expect(ending(after: .seconds(121) - .nanoseconds(1)) == nil)
        #expect(ending(after: .seconds(121)) == .overdue(.content))
    }

    @Test func `an answer goes on for as long as the client takes enough, without a limit in all`() throws {
        connection.advance(to: .answering)
        for minute in 0..<20 {
            #expect(ending(after: .seconds(60 * minute)) == nil)
            ConnectedSocket.sendAtOnce(String(repeating: "x", count: 6_000), on: server.descriptor)
            var count = 0
            while count < 6_000 { count += try client.receive().count }
        }
        #expect(ending(after: .seconds(60 * 20 - 1)) == nil)
        #expect(ending(after: .seconds(60 * 20 + 59)) == .overdue(.answer))
    }

    @Test(arguments: [true, false])
    func `a connection that its client has ended is ended at the second look`(isIdle: Bool) {
        if !isIdle { connection.advance(to: .receivingHead) }
        #expect(ending(after: .zero) == nil)
        client.finishSending()
        #expect(ending(after: .seconds(1)) == nil)
        #expect(ending(after: .seconds(2)) == .over)
    }

    @Test func `what a client sent before it ended the connection is waited for`() throws {
        try client.send([1])
        client.finishSending()
        // Not read yet.
        for second in 0..<5 { #expect(ending(after: .seconds(second)) == nil) }
        #expect(ConnectedSocket.discardInput(of: server.descriptor).hasEnded)
        #expect(ending(after: .seconds(5)) == nil)
        // The loop makes something of it between two looks.
        connection.advance(to: .receivingHead)
        #expect(ending(after: .seconds(6)) == nil)
        #expect(ending(after: .seconds(7)) == .over)
    }

    @Test func `an answer to a client that sends no more is finished`() {
        connection.advance(to: .answering)
        client.finishSending()
        for second in 0..<60 { #expect(ending(after: .seconds(second)) == nil) }
    }

    /// Longer than a tick of the clock by which the system tells what came last, in microseconds.
    private static let tick: UInt32 = 20_000

    /// Sends bytes from the client, and waits for them to arrive, which they need not have when sending returns.
    private func deliver(_ count: Int) throws {
        let before = try #require(ConnectedSocket.state(of: server.descriptor)).transferredCount
        try client.send([UInt8](repeating: 1, count: count))
        let arrived = try eventually {
            ConnectedSocket.state(of: server.descriptor)?.transferredCount == before + UInt64(count)
        }
        try #require(arrived, "\(count) bytes did not arrive")
    }
}

extension Connection {
    /// Passes through all steps of a request.
    fileprivate func answerRequest() {
        advance(to: .receivingHead)
        advance(to: .answering)
        advance(to: .idle, isAnswered: true)
    }
}
