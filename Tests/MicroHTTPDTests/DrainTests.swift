import ByteBuffers
import Glibc
import HTTPMessages
import Sockets
import TestSupport
import Testing

@testable import MicroHTTPD

@Suite(.timeLimit(.minutes(suiteMinutes))) struct DrainTests {
    @Test func `a drain finishes uploads, refuses new clients and ends who was silent for a second`() async throws {
        try await withServer { live in
            let fresh = try live.connect()
            let used = try live.connect()
            #expect(try used.exchange("GET", "/livez").status == 200)
            let upload = try live.connect()
            try upload.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try upload.response().status == 100)
            let start = ContinuousClock.now
            async let drained = live.server.drain(timeout: patience)
            #expect(try fresh.hasEnded())
            #expect(try used.hasEnded())
            #expect(.now - start >= .seconds(1))
            #expect(throws: SocketFailure.self) { try live.connect() }
            try upload.send("ok")
            let response = try upload.response()
            #expect(response.status == 201)
            #expect(response["Connection"] == "close")
            #expect(try upload.hasEnded())
            #expect(await drained)
            #expect(live.stored(Array("a".utf8)) == Array("ok".utf8))
        }
    }

    /// What a request was that was answered when the drain began.
    private static let witness = "GET /keys/w HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\nPrefer: wait=300\r\n\r\n"

    @Test func `what comes within a second on an open connection is answered, and that it ends`() async throws {
        try await withServer { live in
            try live.put("w", [1])
            let witness = try live.connect()
            try witness.send(Self.witness)
            let open = try (0..<30).map { _ in try live.connect() }
            for client in open[..<20] { #expect(try client.exchange("GET", "/livez")["Connection"] == nil) }
            #expect(try eventually { live.server.waitingCount == 1 })
            let start = ContinuousClock.now
            async let drained = live.server.drain(timeout: patience)
            #expect(try witness.response()["Connection"] == "close")
            for client in open { try client.send("POST /keys/n?op=incr HTTP/1.1\r\nHost: x\r\n\r\n") }
            // A machine that was busy for longer than that has shown nothing.
            if ContinuousClock.now - start < .seconds(1) {
                for client in open {
                    let response = try client.response()
                    #expect(response.status < 300)
                    #expect(response["Connection"] == "close")
                    #expect(try client.hasEnded())
                }
                #expect(live.stored(Array("n".utf8)) == Array("30".utf8))
            }
            #expect(await drained)
        }
    }

    @Test(arguments: ["GET /li", "GET /livez HTTP/1.1\r\nHos"])
    func `a head of which a part has come is waited for`(beginning: String) async throws {
        try await withServer { live in
            let (fresh, used, idle) = (try live.connect(), try live.connect(), try live.connect())
            #expect(try used.exchange("GET", "/livez").status == 200)
            // What comes within the tick of a clock after an answer is not told from what came before it.
            usleep(50_000)
            for client in [fresh, used] { try client.send(beginning) }
            async let drained = live.server.drain(timeout: patience)
            #expect(try idle.hasEnded())
            for client in [fresh, used] {
                try client.send(String("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n".dropFirst(beginning.count)))
                let response = try client.response()
                #expect(response.status == 200)
                #expect(response["Connection"] == "close")
            }
            #expect(await drained)
        }
    }

    @Test func `what comes behind the request that is answered last takes nothing away from its answer`() async throws {
        try await withServer { live in
            try live.put("w", [1])
            let client = try live.connect()
            // More than the server reads before it has answered the first.
            let next = "PUT /keys/b HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
            try client.send(Self.witness + next)
            try client.send([UInt8](repeating: 1, count: 100_000))
            #expect(try eventually { live.server.waitingCount == 1 })
            async let drained = live.server.drain(timeout: patience)
            let response = try client.response()
            #expect(response.status == 304)
            #expect(response["Connection"] == "close")
            // An end and no reset, which on its way could overtake the answer.
            #expect(try client.hasEnded())
            for _ in 0..<50 {
                try client.send([UInt8](repeating: 1, count: 1000))
                usleep(2_000)
            }
            #expect(await drained)
            #expect(live.stored(Array("b".utf8)) == nil)
        }
    }

    @Test func `a drain gives up at its time-out, and a stop ends what is left`() async throws {
        try await withServer { live in
            let upload = try live.connect()
            try upload.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try upload.response().status == 100)
            #expect(await live.server.drain(timeout: .milliseconds(50)) == false)
            live.server.stop()
            #expect(try upload.hasEnded())
            #expect(live.stored(Array("a".utf8)) == nil)
        }
    }

    @Test func `a server that is let go frees its handler`() async throws {
        weak var handler: SilentHandler?
        do {
            let strong = SilentHandler()
            handler = strong
            let server = try HTTPServer(
                .init(host: "127.0.0.1", port: 0, threads: 3, maximumConnections: 8),
                handler: strong)
            let client = try RawClient(port: server.address.port)
            #expect(try client.exchange("GET", "/").status == 204)
        }
        #expect(handler == nil)
    }

    @Test func `a port that is taken is refused, also by a server of this very kind`() async throws {
        try await withServer { live in
            let configuration = HTTPServer.Configuration(
                host: "127.0.0.1", port: live.server.address.port, threads: 1, maximumConnections: 8)
            let failure = #expect(throws: SocketFailure.self) {
                try HTTPServer(configuration, handler: SilentHandler())
            }
            #expect(failure.map { "\($0)" }?.hasSuffix("Address already in use") == true)
        }
    }
}

/// Answers 204 to all there is.
private final class SilentHandler: RequestHandler {
    func receive(_ request: Request, into builder: inout BytesBuilder?) -> Reception { .respondAtEnd }

    func respond(to request: Request, upload: consuming Upload) -> Response {
        Response(.noContent, route: RouteID(rawValue: 0))
    }
}
