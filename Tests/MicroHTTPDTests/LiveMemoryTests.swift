import Glibc
import HTTPMessages
import KeyValueStore
import MicroHTTPD
import Sockets
import TestSupport
import Testing

/// Memory that clients hold: of uploads in progress, and of values that they read slowly.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct LiveMemoryTests {
    @Test func `a value that is replaced while somebody reads it slowly counts until that reader leaves`() async throws
    {
        try await withServer { live in
            try live.put("a", pattern(12 << 20))
            var reader: RawClient? = try live.connect(receiveBuffer: 4096)
            try reader?.send("GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try eventually { live.server.traffic.responseBytesInFlight > 0 })
            #expect(live.store.pinnedBytes == 0)
            try live.put("a", [1])
            #expect(live.store.pinnedBytes >= 12 << 20)
            withExtendedLifetime(reader) {}
            reader = nil
            #expect(try eventually { live.store.pinnedBytes == 0 })
        }
    }

    @Test func `in a full store counters count on, deadlines move and lines are appended`() async throws {
        try await withServer({ $0.maximumMemory = 1 << 20 }) { live in
            let client = try live.connect()
            for number in 0..<100 { _ = try client.put("n\(number)", Array("1".utf8)) }
            var count = 0
            // A refusal ends its connection.
            while try live.connect().put("k\(count)", pattern(20_000)).status == 201 { count += 1 }
            while try live.connect().put("s\(count)", pattern(100)).status == 201 { count += 1 }
            for number in 0..<100 {
                #expect(try client.exchange("POST", "/keys/n\(number)?op=incr").text == "2")
                #expect(try client.exchange("POST", "/keys/n\(number)?op=touch&ttl=60").status == 204)
                let line = Array("3".utf8)
                #expect(try client.exchange("POST", "/keys/n\(number)?op=append", content: line).status == 204)
            }
            #expect(try live.connect().put("new", pattern(100)).status == 507)
        }
    }

    @Test func `a value that was handed over counts until it is sent`() async throws {
        try await withServer { live in
            try live.put("a", pattern(1 << 20))
            let client = try live.connect()
            #expect(try client.exchange("POST", "/keys/a?op=getdel").body.count == 1 << 20)
            #expect(try eventually { live.store.pinnedBytes == 0 })
        }
    }

    @Test(arguments: ["Content-Length: 100000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n186a0\r\n"], [false, true])
    func `a client that goes away in mid-upload gives its memory back`(head: String, byReset: Bool) async throws {
        try await withServer { live in
            var clients = try (0..<10).map { _ in try live.connect() }
            for client in clients {
                try client.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\n\(head)")
                try client.send(pattern(60_000))
            }
            #expect(try eventually { live.store.uploadBytes >= 10 * 60_000 })
            if byReset {
                for client in clients {
                    var linger = linger(l_onoff: 1, l_linger: 0)
                    setsockopt(
                        client.connection.descriptor, SOL_SOCKET, SO_LINGER, &linger,
                        socklen_t(MemoryLayout<linger>.size))
                }
            }
            clients = []
            #expect(try eventually { live.store.uploadBytes == 0 })
            #expect(live.stored(Array("a".utf8)) == nil)
        }
    }

    @Test func `uploads beyond their limit are told to come again, and those in progress end well`() async throws {
        try await withServer({ $0.maximumUploads = 250_000 }) { live in
            let value = pattern(100_000)
            let clients = try (0..<2).map { _ in try live.connect() }
            for (number, client) in clients.enumerated() {
                try client.send("PUT /keys/\(number) HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
                try client.send(Array(value.prefix(50_000)))
            }
            #expect(try eventually { live.store.uploadBytes == 200_000 })
            for expects in ["", "Expect: 100-continue\r\n"] {
                let refused = try live.connect()
                try refused.send("PUT /keys/x HTTP/1.1\r\nHost: x\r\n\(expects)Content-Length: 100000\r\n\r\n")
                let response = try refused.response()
                #expect(response.status == 503)
                #expect(response["Retry-After"] == "1")
                #expect(response["Connection"] == "close")
            }
            let chunked = try live.connect()
            try chunked.send("PUT /keys/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n")
            try chunked.send(value)
            try chunked.send("\r\n0\r\n\r\n")
            #expect(try chunked.response().status == 503)
            #expect(live.store.refusedUploads == 3)
            #expect(try live.put("small", [1]).status == 201)
            for client in clients {
                try client.send(Array(value.dropFirst(50_000)))
                #expect(try client.response().status == 201)
            }
            #expect(live.store.uploadBytes == 0)
            #expect(try live.put("x", value).status == 201)
        }
    }

    @Test func `a server that is stopped in mid-upload has its memory back`() async throws {
        try await withServer { live in
            let client = try live.connect()
            try client.send("PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
            try client.send(pattern(50_000))
            #expect(try eventually { live.store.uploadBytes > 0 })
            live.server.stop()
            #expect(live.store.uploadBytes == 0)
        }
    }
}
