import Glibc
import HTTPMessages
import LatchkeyClient
import Sockets
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(suiteMinutes))) struct HTTPClientTests {
    private static let created = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"

    @Test func `a request goes out as it was made`() async throws {
        try await blocking {
            let server = try ScriptedServer([.text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")])
            let client = HTTPClient(try ServiceURL(server.url + "/kv/"))
            var request = ClientRequest(.get, client.service.target(key: Array("a b".utf8)))
            try request.add("Accept", "text/plain")
            let response = try client.send(request)
            #expect(response.head.status == 200)
            #expect(try response.nextPiece().map { Array($0) } == Array("ok".utf8))
            #expect(try response.nextPiece() == nil)
            let seen = try #require(server.requests.first)
            #expect(seen.line == "GET /kv/keys/a%20b HTTP/1.1")
            #expect(seen.fields == ["Host: 127.0.0.1:\(server.port)", "Connection: close", "Accept: text/plain"])
        }
    }

    @Test func `content in memory is sent with its length`() async throws {
        try await blocking {
            let server = try ScriptedServer([.text(Self.created)])
            let client = HTTPClient(try ServiceURL(server.url))
            let response = try client.send(ClientRequest(.put, "/keys/a"), content: .bytes([1, 2, 3]))
            #expect(response.head.status == 201)
            #expect(server.requests.first?.content == [1, 2, 3])
            #expect(server.requests.first?.fields.contains("Content-Length: 3") == true)
        }
    }

    @Test func `a value with a line break never gets into a field`() {
        var request = ClientRequest(.get, "/")
        #expect(throws: ClientFailure.unusableField("Range")) { try request.add("Range", "bytes=0-\r\nX: y") }
    }

    @Test func `an answer that comes early ends the upload`() async throws {
        try await blocking {
            let server = try ScriptedServer([
                .early(
                    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 Content Too Large\r\nContent-Length: 6\r\n\r\nlarge\n")
            ])
            let client = HTTPClient(try ServiceURL(server.url))
            var sent = 0
            // It has no end: only the answer ends it.
            let zeros = try InputFile(path: Array("/dev/zero".utf8))
            let response = try client.send(ClientRequest(.put, "/keys/a"), content: .file(zeros)) { sent += $0 }
            #expect(throws: ClientFailure.refused(status: 413, reason: "Content Too Large", message: "large")) {
                try response.require(201)
            }
            #expect(sent > 0)
        }
    }

    @Test func `an interim answer does not end the upload`() async throws {
        try await blocking {
            // Not pipe(2): no program that another test starts at this moment may inherit an end.
            let path = "/tmp/latchkey-test-\(getpid())-\(UInt64.random(in: 0 ... .max))"
            try #require(mkfifo(path, 0o600) == 0)
            defer { unlink(path) }
            let writingEnd = open(path, O_RDWR | O_CLOEXEC)
            let file = try InputFile(path: Array(path.utf8))
            let server = try ScriptedServer([
                .custom { peer in
                    try peer.send("HTTP/1.1 100 Continue\r\n\r\n")
                    // Only now has the client something to send, and so sees the interim answer before it does.
                    write(writingEnd, "abc", 3)
                    close(writingEnd)
                    let chunks = Array("3\r\nabc\r\n0\r\n\r\n".utf8)
                    if try peer.receive(count: chunks.count) == chunks { try peer.send(Self.created) }
                }
            ])
            let client = HTTPClient(try ServiceURL(server.url))
            let response = try client.send(ClientRequest(.put, "/keys/a"), content: .file(file))
            #expect(response.head.status == 201)
        }
    }

    @Test func `a server that says nothing is given up`() async throws {
        try await blocking {
            let server = try ScriptedServer([.custom { $0.discardInput() }])
            let client = HTTPClient(try ServiceURL(server.url), timeoutSeconds: 1)
            #expect(throws: ClientFailure.timedOut(operation: "receive", seconds: 1)) {
                try client.send(ClientRequest(.get, "/"))
            }
        }
    }

    @Test func `a connection that is refused says where`() async throws {
        try await blocking {
            // The service that has this port is long gone, and the system gives it to nobody who asks for any.
            let failure = #expect(throws: ClientFailure.self) {
                try HTTPClient(try ServiceURL("http://127.0.0.1:1")).send(ClientRequest(.get, "/"))
            }
            #expect(failure?.description == "cannot connect to 127.0.0.1:1: Connection refused")
        }
    }

    @Test func `a server that closes at once has given no answer`() async throws {
        try await blocking {
            let server = try ScriptedServer([.text(""), .text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort")])
            let client = HTTPClient(try ServiceURL(server.url))
            #expect(throws: ClientFailure.malformedAnswer("it ended too early")) {
                try client.send(ClientRequest(.get, "/"))
            }
            let response = try client.send(ClientRequest(.get, "/"))
            #expect(throws: ClientFailure.malformedAnswer("it ended 4 bytes too early")) {
                while try response.nextPiece() != nil {}
            }
        }
    }

    @Test func `progress counts in the greatest unit`() {
        #expect(
            TransferProgress.line(count: 3 << 19, total: 3 << 20, elapsed: .milliseconds(1500))
                == "1.5 MiB of 3.0 MiB, 50 %, 1.0 MiB/s")
        #expect(TransferProgress.line(count: 1023, total: nil, elapsed: .seconds(1)) == "1023 B, 1023 B/s")
        #expect(TransferProgress.line(count: 0, total: 0, elapsed: .zero) == "0 B of 0 B, 100 %, 0 B/s")
    }
}
