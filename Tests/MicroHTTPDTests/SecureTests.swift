import Foundation
import Sockets
import Synchronization
import TestSupport
import Testing
import TransportSecurity

@testable import MicroHTTPD

/// HTTP over TLS, on event loops and connections as without.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct SecureTests {
    @Test(arguments: [0, 1, 2048, 2049, 16_384, 1 << 20])
    func `what is put by TLS comes back`(count: Int) async throws {
        try await withSecureServer { live, _, shown in
            let client = try live.connect(trusting: shown)
            let value = pattern(count)
            for status in [201, 204] { #expect(try client.put("a", value).status == status) }
            for _ in 0..<3 {
                let response = try client.exchange("GET", "/keys/a")
                #expect(areSame(value, response.body[...]))
            }
            #expect(try client.exchange("HEAD", "/keys/a")["Content-Length"] == "\(count)")
            try client.send("PUT /keys/b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            try client.send("3\r\nabc\r\n0\r\n\r\n")
            #expect(try client.response().status == 201)
            if Engine.current.readsChunksStrictly {
                #expect(try client.exchange("GET", "/keys/b").text == "abc")
            } else {
                #expect(try client.hasEnded())
            }
            #expect(live.stored(Array("b".utf8)) == Array("abc".utf8))
        }
    }

    @Test func `requests that arrive in one record are all answered`() async throws {
        try await withSecureServer { live, _, shown in
            let client = try live.connect(trusting: shown)
            let request = "GET /keys/none HTTP/1.1\r\nHost: x\r\n\r\n"
            try client.send(String(repeating: request, count: 300))
            for _ in 0..<300 { #expect(try client.response().status == 404) }
            // And byte by byte, each in a record of its own.
            for byte in request.utf8 { try client.send([byte]) }
            #expect(try client.response().status == 404)
        }
    }

    @Test(arguments: [
        ("POST /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
        ("PUT /keys/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        ("PUT /keys/a HTTP/1.1\r\nHost: x\r\nA : b\r\nContent-Length: 0\r\n\r\n", 400),
        ("PUT /keys/a HTTP/1.1\r\nHost: x\nContent-Length: 0\r\n\r\n", 400),
    ])
    func `a head that is not one is refused by TLS as well`(request: String, status: Int) async throws {
        try await withSecureServer { live, _, shown in
            let client = try live.connect(trusting: shown)
            try client.send(request + "GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n")
            // Of a coding that it does not know, 1.0 says 400 by itself.
            let response = try client.response()
            #expect(response.status == status || (status == 501 && response.status == 400))
            #expect(try client.rest().isEmpty)
            #expect(live.keyCount == 0)
        }
    }

    @Test func `a slow reader gets all of a large value, also once it is replaced`() async throws {
        try await withSecureServer { live, _, shown in
            let value = pattern(12 << 20)
            _ = try live.connect(trusting: shown).put("a", value)
            let reader = try live.connect(trusting: shown, receiveBuffer: 4096)
            try reader.send("GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try eventually { live.server.traffic.responseBytesInFlight == value.count })
            _ = try live.connect(trusting: shown).put("a", [1])
            let response = try reader.response()
            #expect(areSame(value, response.body[...]))
            #expect(try eventually { live.server.traffic.responseBytesInFlight == 0 })
        }
    }

    @Test func `a request waits by TLS, and a change answers it`() async throws {
        try await withSecureServer { live, _, shown in
            let writer = try live.connect(trusting: shown)
            let tag = try writer.put("a", [1])["ETag"] ?? ""
            let clients = try (0..<8).map { _ in try live.connect(trusting: shown) }
            for client in clients {
                try client.send("GET /keys/a HTTP/1.1\r\nHost: x\r\nIf-None-Match: \(tag)\r\nPrefer: wait=60\r\n\r\n")
            }
            #expect(try eventually { live.server.waitingCount == 8 })
            _ = try writer.put("a", [2])
            for client in clients {
                #expect(try client.response().body == [2])
                #expect(try client.exchange("GET", "/keys/a").body == [2])
            }
        }
    }

    @Test func `a drain ends who is idle or shakes hands, and finishes an upload`() async throws {
        try await withSecureServer { live, _, shown in
            let idle = try live.connect(trusting: shown)
            #expect(try idle.exchange("GET", "/livez").status == 200)
            let shaking = try live.connect()
            try shaking.send("\u{16}\u{3}\u{1}\u{2}\u{0}")
            let upload = try live.connect(trusting: shown)
            try upload.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try upload.response().status == 100)
            async let drained = live.server.drain(timeout: patience)
            #expect(try idle.hasEnded())
            _ = try? shaking.rest()
            try upload.send("ok")
            let response = try upload.response()
            #expect(response.status == 201)
            #expect(response["Connection"] == "close")
            #expect(try upload.hasEnded())
            #expect(await drained)
        }
    }

    @Test func `a drain answers what comes within a second, also after a handshake that it met`() async throws {
        try await withSecureServer { live, _, shown in
            let upload = try live.connect(trusting: shown)
            try upload.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            #expect(try upload.response().status == 100)
            let used = try live.connect(trusting: shown)
            #expect(try used.exchange("GET", "/livez").status == 200)
            let start = ContinuousClock.now
            async let drained = live.server.drain(timeout: patience)
            // Some of them have connected, and not begun their handshake, when the drain begins.
            var isTold = false
            while let client = try? live.connect(trusting: shown) {
                let response = try client.exchange("GET", "/livez")
                #expect(response.status == 200)
                if !isTold, response["Connection"] == "close" {
                    isTold = true
                    // A machine that was busy for longer than that shows nothing.
                    guard .now - start < .milliseconds(900) else { continue }
                    #expect(try used.exchange("GET", "/livez")["Connection"] == "close")
                    #expect(try used.hasEnded())
                }
            }
            // It was not the handshake that failed.
            #expect(throws: SocketFailure.self) { try live.connect() }
            try upload.send("ok")
            #expect(try upload.response().status == 201)
            #expect(await drained)
        }
    }

    @Test func `an idle connection is ended after its time`() async throws {
        try await withSecureServer {
            $0.deadlines.idle = .seconds(1)
        } _: { live, _, shown in
            let idle = try live.connect(trusting: shown)
            #expect(try idle.exchange("GET", "/livez").status == 200)
            #expect((try? idle.hasEnded()) ?? true)
        }
    }

    @Test func `who is late is told at a head and in content, and ended without a word in a handshake`() async throws {
        try await withSecureServer {
            $0.deadlines = .long(head: .seconds(2), content: .seconds(2))
        } _: { live, _, shown in
            let shaking = try live.connect()
            try shaking.send("\u{16}\u{3}\u{1}\u{2}\u{0}")
            let (heading, beginning) = (try live.connect(trusting: shown), try live.connect(trusting: shown))
            let (uploading, chunking) = (try live.connect(trusting: shown), try live.connect(trusting: shown))
            try heading.send("GET /livez HTTP/1.1\r\nHo")
            try beginning.send("GET /li")
            try uploading.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n")
            try chunking.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
            for client in [heading, beginning, uploading, chunking] {
                #expect(try client.response().statusLine == "HTTP/1.1 408 Request Timeout")
                #expect(try client.rest().isEmpty)
            }
            #expect(!String(decoding: (try? shaking.rest()) ?? [], as: UTF8.self).contains("HTTP"))
            #expect(live.rejections("header_timeout") == 3)
            #expect(live.rejections("body_timeout") == 2)
            #expect(live.keyCount == 0)
            #expect(try eventually { live.server.connectionCount == 0 })
            #expect(live.server.traffic.requestsInFlight == 0)
        }
    }

    @Test func `requests are answered while loops go from one worker to another`() async throws {
        try await withSecureServer {
            $0.threads = 3
        } _: { live, _, shown in
            let isDone = Atomic<Bool>(false)
            async let changes: Void = blocking {
                var generator = SeededGenerator(seed: 6)
                while !isDone.load(ordering: .relaxed) {
                    live.server.workers.run(Int.random(in: 1...3, using: &generator))
                    sched_yield()
                }
            }
            do {
                defer { isDone.store(true, ordering: .relaxed) }
                // Some that never end their handshakes are there all the while.
                let stalled = try (0..<6).map { _ in try live.connect() }
                for client in stalled { try client.send("\u{16}\u{3}\u{1}\u{2}\u{0}") }
                let clients = try (0..<6).map { _ in try live.connect(trusting: shown) }
                let value = pattern(40_000)
                for round in 0..<sized(40, underThreadSanitizer: 10) {
                    for (index, client) in clients.enumerated() {
                        #expect(try client.put("\(index)", value).status == (round == 0 ? 201 : 204))
                    }
                    for (index, client) in clients.enumerated() {
                        let response = try client.exchange("GET", "/keys/\(index)")
                        #expect(areSame(value, response.body[...]))
                    }
                }
                #expect(stalled.count == 6)
            }
            try await changes
        }
    }

    @Test func `turns without progress end the work there is, and anything new begins it again`() {
        var stalled = StalledTurns()
        #expect(!stalled.areAllThereIs)
        for _ in 0..<100 { stalled.noteTurn(madeProgress: false) }
        #expect(stalled.areAllThereIs)
        stalled.noteTurn(madeProgress: true)
        #expect(!stalled.areAllThereIs)
        for _ in 0..<15 { stalled.noteTurn(madeProgress: false) }
        #expect(!stalled.areAllThereIs)
    }
}
