import ByteBuffers
import HTTPMessages
import Sockets
import TestSupport
import Testing

@testable import MicroHTTPD

@Suite(.timeLimit(.minutes(suiteMinutes))) struct DrainTests {
    @Test func `a drain ends idle connections, finishes uploads and refuses new clients`() async throws {
        try await withServer { live in
            let idle = try live.connect()
            #expect(try idle.exchange("GET", "/livez").status == 200)
            let upload = try live.connect()
            try upload.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try upload.response().status == 100)
            async let drained = live.server.drain(timeout: patience)
            #expect(try idle.hasEnded())
            let refusesClients = try await eventually {
                guard let client = try? live.connect() else { return true }
                // Accepted at first, perhaps, and ended then.
                _ = try? client.hasEnded()
                return false
            }
            #expect(refusesClients)
            try upload.send("ok")
            let response = try upload.response()
            #expect(response.status == 201)
            #expect(response["Connection"] == "close")
            #expect(try upload.hasEnded())
            #expect(await drained)
            #expect(live.stored(Array("a".utf8)) == Array("ok".utf8))
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
