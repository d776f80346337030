import Foundation
import Glibc
import HTTPMessages
import KeyValueAPI
import Locks
import Sockets
import TestSupport
import Testing
import TransportSecurity

@testable import MicroHTTPD

/// The line before a chunk (RFC 9112 section 7.1), of which the library says nothing, and which may fill its memory.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct ChunkLineTests {
    private static let head = "PUT /keys/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    private static let explanation = "the line before a chunk takes more memory than a connection has\n"

    /// A server with one event loop, and no deadline that comes near.
    private func withServer(_ body: @Sendable (LiveServer) async throws -> Void) async throws {
        try await MicroHTTPDTests.withServer({ $0.threads = 1 }, body)
    }

    @Test(arguments: [("5;", "w", ""), ("", "0", "5")])
    func `a line that is too long is answered at once, whether or not it ends, and wherever it stands`(
        start: String, middle: String, end: String
    ) async throws {
        try await withServer { live in
            let line = start + String(repeating: middle, count: 30_000) + end
            for before in ["", "3\r\nabc\r\n"] {
                for after in ["", "\r\nabcde\r\n0\r\n\r\n"] {
                    let client = try live.connect()
                    try client.send(Self.head + before + line + after)
                    let response = try client.response()
                    // Where the library answers by itself, in words of its own.
                    let isOwn = response.status == 413 && Engine.current.headCheck == .library
                    #expect(isOwn || response.statusLine == "HTTP/1.1 400 Bad Request")
                    #expect(response["Connection"]?.lowercased() == "close")
                    #expect(isOwn || response.text == Self.explanation)
                    #expect(try client.rest().isEmpty)
                }
            }
            #expect(try live.get("a").status == 404)
            let refusals = live.server.requestCounts.filter {
                $0.status == .badRequest || $0.status == .contentTooLarge
            }
            #expect(refusals.reduce(0) { $0 + $1.count } == 4)
        }
    }

    /// All at once, so that the time that they take together is seen; by clients that send on before they read.
    @Test(arguments: ["5;", "5"], [false, true])
    func `a line that is too long is answered soon by every method, without a core that spins`(
        start: String, overTLS: Bool
    ) async throws {
        let certificate = try TestCertificate()
        let security = ServerSecurity(try CertifiedKey(certificate: certificate.certificate, key: certificate.key))
        let access = AccessControl(
            writers: try TokenList(Array("writer-0123456789".utf8)),
            readers: try TokenList(Array("reader-0123456789".utf8)))
        try await MicroHTTPDTests.withServer {
            ($0.threads, $0.access, $0.security) = (1, access, overTLS ? security : nil)
        } _: { live in
            let lines = [
                "GET /keys/a", "GET /keys", "GET /livez", "GET /none", "HEAD /keys/a", "PUT /keys/a", "PUT /keys/%zz",
                "PUT /none",
                "POST /keys/a?op=append", "POST /keys/a?op=getdel", "POST /batch", "DELETE /keys/a", "OPTIONS /keys/a",
                "PATCH /keys/a", "BREW /keys/a",
            ]
            let worker = live.server.workers.workers[0]
            var clients: [(line: String, client: RawClient)] = []
            for line in lines {
                let client =
                    try overTLS
                    ? RawClient(port: live.server.address.port, trusting: certificate) : live.connect()
                clients.append((line, client))
            }
            // Its thread may not have begun.
            #expect(try eventually { worker.schedulingTimes() != nil })
            let (before, begin) = (try #require(worker.schedulingTimes()).ran, ContinuousClock.now)
            for (line, client) in clients {
                let token = "Authorization: Bearer \(line.hasPrefix("GET") ? "reader" : "writer")-0123456789\r\n"
                let head = "\(line) HTTP/1.1\r\nHost: x\r\n\(token)Transfer-Encoding: chunked\r\n\r\n"
                try client.send(head + start + String(repeating: "w", count: 16_400))
            }
            for (line, client) in clients {
                if !Self.isForgotten(start, overTLS: overTLS) {
                    try client.send([UInt8](repeating: UInt8(ascii: "w"), count: 3_000_000))
                }
                let rest = Self.isForgotten(start, overTLS: overTLS) ? (try? client.rest()) ?? [] : try client.rest()
                let answer = String(decoding: rest, as: UTF8.self)
                // The library answers some by itself, also a HEAD with content.
                let statuses = ["HTTP/1.1 400 ", "HTTP/1.1 413 "].filter { answer.hasPrefix($0) }
                let isSilent = Self.isForgotten(start, overTLS: overTLS) && answer.isEmpty
                #expect(isSilent || statuses.count == 1, "\(line): \(answer)")
                #expect(answer.components(separatedBy: "HTTP/1.1 ").count <= 2, "\(line)")
            }
            let ran = Duration.nanoseconds(try #require(worker.schedulingTimes()).ran - before)
            let elapsed = ContinuousClock.now - begin
            #expect(ran < max(elapsed / 3, .milliseconds(200)), "\(ran) of \(elapsed)")
            #expect(try eventually { live.server.connectionCount == 0 })
            #expect(live.keyCount == 0)
        }
    }

    /// 1.0.0 to 1.0.9 end the session of such a line with an extension before we hear of it.
    private static func isForgotten(_ start: String, overTLS: Bool) -> Bool {
        overTLS && start.hasSuffix(";") && Engine.current.headCheck == .library && Engine.current.shiftsExtendedChunks
    }

    /// What is short enough to have been decrypted is not seen on the socket.
    @Test(.enabled(if: Engine.current.headCheck == .walk))
    func `a line that is too long and waits in a TLS session is answered soon`() async throws {
        let certificate = try TestCertificate()
        let security = ServerSecurity(try CertifiedKey(certificate: certificate.certificate, key: certificate.key))
        try await MicroHTTPDTests.withServer {
            ($0.threads, $0.security) = (1, security)
        } _: { live in
            let client = try RawClient(port: live.server.address.port, trusting: certificate)
            try client.send(Self.head)
            try client.send("5;" + String(repeating: "w", count: 16_380))
            #expect(try client.response().text == Self.explanation)
            #expect(try client.rest().isEmpty)
        }
    }

    @Test func `a line that fits is taken, also one that comes in pieces`() async throws {
        try await withServer { live in
            let client = try live.connect()
            try client.send(Self.head + "\(String(repeating: "0", count: 4000))3\r\nabc\r\n")
            // Time passes, which is what this is about: several looks fall into it.
            for _ in 0..<8 {
                try client.send("0")
                usleep(200_000)
            }
            try client.send("5\r\ndefgh\r\n0\r\n\r\n")
            #expect(try client.response().status == 201)
            #expect(try live.get("a").text == "abcdefgh")
        }
    }

    /// Sends a line of so many bytes without its end, on the only connection; whether all of it is read.
    private func isRead(_ count: Int, _ live: LiveServer) async throws -> Bool {
        let message = Self.head + "5;" + String(repeating: "w", count: count)
        let client = try live.connect()
        try client.send(message)
        var isRead = false
        let hasEnded = try eventually {
            if client.connection.hasInput { return true }
            let input = live.server.loops[0].connections.withLock { connections in
                connections.keys.first.flatMap { ConnectedSocket.input(of: $0) }
            }
            isRead = input == ConnectedSocket.Input(readCount: UInt64(message.utf8.count), unreadCount: 0)
            return isRead
        }
        #expect(hasEnded)
        return isRead
    }

    @Test(.enabled(if: Engine.current.headCheck == .library))
    func `lines of any length are waited for without processor time, or refused at once`() async throws {
        try await withServer { live in
            var clients: [RawClient] = []
            for count in stride(from: 15_000, through: 16_600, by: 100) {
                let client = try live.connect()
                try client.send(Self.head + String(repeating: "0", count: count))
                clients.append(client)
            }
            #expect(try eventually { clients.last!.connection.hasInput })
            let worker = live.server.workers.workers[0]
            let (before, start) = (try #require(worker.schedulingTimes()).ran, ContinuousClock.now)
            usleep(1_000_000)
            let ran = Duration.nanoseconds(try #require(worker.schedulingTimes()).ran - before)
            #expect(ran < (ContinuousClock.now - start) / 3, "\(ran)")
            for client in clients where !client.connection.hasInput {
                try client.send("3\r\nabc\r\n0\r\n\r\n")
                #expect([201, 204, 413].contains(try client.response().status))
            }
        }
    }

    @Test(.enabled(if: Engine.current.headCheck == .walk))
    func `lines that end just where the memory does cost no processor time, and there can be few of them`()
        async throws
    {
        try await withServer { live in
            var (fitting, tooLong) = (15 * 1024, 16 * 1024)
            while tooLong - fitting > 1 {
                let middle = (fitting + tooLong) / 2
                if try await isRead(middle, live) { fitting = middle } else { tooLong = middle }
                #expect(try eventually { live.server.connectionCount == 0 })
            }
            #expect(fitting > 15 * 1024 && tooLong < 16 * 1024)
            let line = "5;" + String(repeating: "w", count: fitting)
            let clients = try (0..<40).map { _ in try live.connect() }
            for client in clients { try client.send(Self.head + line) }
            #expect(try eventually { live.server.connectionCount == 16 })
            #expect(live.rejections("body_timeout") == 24)
            var ended = 0
            for client in clients where client.connection.hasInput {
                ended += 1
                #expect(try client.response().status == 408)
            }
            #expect(ended == 24)

            let worker = live.server.workers.workers[0]
            let (before, start) = (try #require(worker.schedulingTimes()).ran, ContinuousClock.now)
            usleep(1_500_000)
            let ran = Duration.nanoseconds(try #require(worker.schedulingTimes()).ran - before)
            #expect(ran < (ContinuousClock.now - start) / 3, "\(ran)")

            // Others are served, also with content in chunks.
            #expect(try live.exchange(Self.head + "3\r\nabc\r\n0\r\n\r\n").status == 201)
            let other = try live.connect()
            #expect(try other.exchange("GET", "/keys/a").text == "abc")
        }
    }
}

/// What is concluded from looks at an upload.
@Suite final class ChunkRecordTests {
    private var record = ChunkRecord()

    /// A look that finds content of `received` bytes so far, and so many bytes read from the socket and not read.
    private func isStuck(received: Int = 0, read: UInt64, unread: Int, hasPendingWork: Bool = true) -> Bool {
        record.isStuck(
            receivedCount: received, ConnectedSocket.Input(readCount: read, unreadCount: unread),
            hasPendingWork: hasPendingWork)
    }

    @Test func `input that is not read from one look to the next shows that the upload is stuck`() {
        #expect(!isStuck(read: 100, unread: 5))
        #expect(isStuck(read: 100, unread: 50))
    }

    @Test func `neither does input that has just come, nor some that was read, nor content, nor what is not known`() {
        #expect(!isStuck(read: 100, unread: 0))
        #expect(!isStuck(read: 100, unread: 5))
        #expect(!isStuck(read: 101, unread: 5))
        #expect(!isStuck(received: 1, read: 101, unread: 5))
        let isStuckUnseen = record.isStuck(receivedCount: 1, nil, hasPendingWork: true)
        #expect(!isStuckUnseen)
        #expect(!isStuck(received: 1, read: 101, unread: 5))
    }

    @Test func `an upload is silent after four looks at which nothing had come while the library had work`() {
        func isSilent(read: UInt64, hasPendingWork: Bool = true) -> Bool {
            _ = isStuck(read: read, unread: 0, hasPendingWork: hasPendingWork)
            return record.isSilent
        }
        #expect((0..<4).allSatisfy { _ in !isSilent(read: 100) })
        #expect(isSilent(read: 100))
        #expect((0..<4).allSatisfy { _ in !isSilent(read: 101) })
        #expect(!isSilent(read: 101, hasPendingWork: false))
        #expect((0..<3).allSatisfy { _ in !isSilent(read: 101) })
        #expect(isSilent(read: 101))
    }
}
