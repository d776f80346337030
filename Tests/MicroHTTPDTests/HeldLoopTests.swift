import ByteBuffers
import HTTPMessages
import Sockets
import TestSupport
import Testing

@testable import MicroHTTPD

/// Work that takes long is not done by an event loop: other connections of the same loop are answered meanwhile.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct HeldLoopTests {
    /// Sends a request again and again until requests of another connection were answered while it waited for its answer, which
    /// never happens where the loop does the work itself.
    private func expectAnswers(
        meanwhile live: LiveServer, status: Int?, _ send: (RawClient) throws -> Void
    ) throws {
        let other = try live.connect()
        var worker = try live.connect()
        var answeredMeanwhile = 0
        // A machine that is busy may be done with the work before it comes to the other client.
        for _ in 0..<50 where answeredMeanwhile == 0 {
            try send(worker)
            while !worker.connection.hasInput {
                #expect(try other.exchange("GET", "/livez").status == 200)
                if live.server.waitingCount == 1 { answeredMeanwhile += 1 }
            }
            let response = try worker.response()
            #expect(status.map { $0 == response.status } ?? (200..<300).contains(response.status))
            if response["Connection"] == "close" { worker = try live.connect() }
        }
        #expect(answeredMeanwhile > 0)
    }

    private func setUp(_ setUp: inout LiveServer.SetUp) {
        setUp.threads = 1
        setUp.valueBytes = 1 << 26
    }

    @Test func `an append to a large value`() async throws {
        try await withServer(setUp) { live in
            try live.put("a", [UInt8](repeating: 1, count: 1 << 25))
            try expectAnswers(meanwhile: live, status: 204) {
                try $0.send("POST /keys/a?op=append HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
            }
        }
    }

    @Test func `the digest of a large value`() async throws {
        try await withServer(setUp) { live in
            try live.put("a", [UInt8](repeating: 1, count: 1 << 25))
            try expectAnswers(meanwhile: live, status: 206) {
                try $0.send(
                    "GET /keys/a HTTP/1.1\r\nHost: x\r\nRange: bytes=1-\r\nWant-Content-Digest: sha-512=1\r\n\r\n")
            }
        }
    }

    @Test func `a large upload whose length is not announced`() async throws {
        try await withServer(setUp) { live in
            let chunk = Array("100000\r\n".utf8) + [UInt8](repeating: 1, count: 1 << 20) + Array("\r\n".utf8)
            let content = Array(repeatElement(chunk, count: 32).joined()) + Array("0\r\n\r\n".utf8)
            try expectAnswers(meanwhile: live, status: nil) {
                try $0.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                try $0.send(content)
            }
        }
    }

    @Test func `another deadline for a large value that had none`() async throws {
        try await withServer(setUp) { live in
            let value = [UInt8](repeating: 1, count: 1 << 25)
            let writer = try live.connect()
            try expectAnswers(meanwhile: live, status: 204) {
                _ = try writer.put("a", value)
                try $0.send("POST /keys/a?op=touch&ttl=99 HTTP/1.1\r\nHost: x\r\n\r\n")
            }
        }
    }

    @Test func `a batch of many items`() async throws {
        try await withServer(setUp) { live in
            let items = (0..<10_000).map { "PUT k\($0) 300\n\(String(repeating: "v", count: 300))\n" }.joined()
            try expectAnswers(meanwhile: live, status: 200) {
                try $0.send("POST /batch HTTP/1.1\r\nHost: x\r\nContent-Length: \(items.utf8.count)\r\n\r\n\(items)")
            }
        }
    }

    @Test func `a page of a list that goes over many keys`() async throws {
        try await withServer(setUp) { live in
            live.fill((0..<10_000).map { "k\($0)" })
            try expectAnswers(meanwhile: live, status: 200) {
                try $0.send("GET /keys?limit=10000&prefix=k HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n")
            }
        }
    }
}
