import Sockets
import TestSupport
import Testing

@testable import MicroHTTPD

/// Values on their way out: whole, bit for bit, and alive for as long as somebody reads them.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct ValueTests {
    /// Around the limit between content that is copied and content that is lent.
    static let counts = [0, 1, 2, 100, 2_047, 2_048, 2_049, 65_536, 10_000_000]

    @Test(arguments: counts) func `a value comes back bit for bit`(count: Int) async throws {
        try await withServer { live in
            let value = pattern(count)
            let client = try live.connect()
            #expect(try client.put("a", value).status == 201)
            for _ in 0..<3 { #expect(try client.exchange("GET", "/keys/a").body == value) }
            #expect(try client.exchange("HEAD", "/keys/a")["Content-Length"] == "\(count)")
            #expect(try client.exchange("GET", "/livez").text == "ok\n")
        }
    }

    @Test func `the limit between copied and lent is among the lengths tried`() {
        #expect(Self.counts.contains(ReadyResponses.maximumContentCount))
        #expect(Self.counts.contains(ReadyResponses.maximumContentCount + 1))
    }

    @Test func `answers of many lengths at once are never mixed up`() async throws {
        try await withServer { live in
            for count in 0..<400 { try live.put("k\(count)", pattern(count * 6, seed: UInt64(count))) }
            try await eachOnItsOwn(8) { number in
                let client = try live.connect()
                for step in 0..<600 {
                    // Pipelined in pairs, so that a connection has two answers under way.
                    let counts = [(step * 7 + number * 13) % 400, (step * 31 + number) % 400]
                    try client.send(counts.map { "GET /keys/k\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
                    for count in counts {
                        #expect(try client.response().body == pattern(count * 6, seed: UInt64(count)))
                    }
                }
            }
        }
    }

    @Test func `who reads slowly gets the old value, whose memory goes with him`() async throws {
        try await withServer { live in
            let (old, new) = (pattern(8_000_000, seed: 1), pattern(1_000, seed: 2))
            try live.put("a", old)
            let storage = try #require(live.storage("a"))
            let readers = try (0..<3).map { _ in try live.connect(receiveBuffer: 4096) }
            for reader in readers { try reader.send("GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n") }
            // Each is at its head: the server is sending to all of them.
            let heads = try readers.map { try $0.connection.receive(atMost: 64) }
            #expect(heads.allSatisfy { $0.starts(with: "HTTP/1.1 200 OK\r\n".utf8) })
            try live.put("a", new)
            #expect(try live.get("a").body == new)
            #expect(try live.exchange("DELETE /keys/a HTTP/1.1\r\nHost: x\r\n\r\n").status == 204)
            #expect(storage.isAlive)
            for (reader, head) in zip(readers, heads) {
                var answer = head
                while answer.count < old.count || !answer.suffix(old.count).elementsEqual(old) {
                    let piece = try reader.connection.receive()
                    if piece.isEmpty { break }
                    answer += piece
                }
                #expect(answer.suffix(old.count).elementsEqual(old))
            }
            #expect(try eventually { !storage.isAlive })
        }
    }

    @Test func `who goes away in mid-download leaves nothing behind`() async throws {
        try await withServer { live in
            try live.put("a", pattern(8_000_000))
            let storage = try #require(live.storage("a"))
            do {
                let reader = try live.connect(receiveBuffer: 4096)
                try reader.send("GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try reader.connection.receive(atMost: 64).count > 0)
                #expect(try live.exchange("DELETE /keys/a HTTP/1.1\r\nHost: x\r\n\r\n").status == 204)
                #expect(storage.isAlive)
            }
            #expect(try eventually { !storage.isAlive && live.server.connectionCount == 0 })
        }
    }

    @Test func `64 clients write and read, and nobody sees anything but whole values`() async throws {
        try await withServer({ $0.shards = 8 }) { live in
            try await eachOnItsOwn(64) { number in
                let client = try live.connect()
                var mine: [UInt8]?
                for step in 0..<40 {
                    // A shared value tells its own length and seed, so a torn one shows.
                    let seed = UInt64(number * 1_000 + step)
                    let count = Int(seed * 37 % 5_000)
                    let shared = Array("\(count) \(seed) ".utf8) + pattern(count, seed: seed)
                    #expect([201, 204].contains(try client.put("shared\(step % 5)", shared).status))
                    let seen = try client.exchange("GET", "/keys/shared\((step + 1) % 5)")
                    #expect(seen.status == 404 || isWhole(seen.body))
                    let own = pattern(count + 1, seed: seed)
                    #expect(try client.put("own\(number)", own).status == (mine == nil ? 201 : 204))
                    mine = own
                    #expect(try client.exchange("GET", "/keys/own\(number)").body == own)
                    if step % 10 == 9 {
                        #expect(try client.exchange("DELETE", "/keys/own\(number)").status == 204)
                        mine = nil
                    }
                }
            }
            let counts = live.server.requestCounts
            #expect(counts.reduce(0) { $0 + $1.count } == 64 * (40 * 4 + 4))
        }
    }
}

/// Whether a value is one that a client of the test above has written.
private func isWhole(_ value: [UInt8]) -> Bool {
    let words = value.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count == 3, let count = Int(String(decoding: words[0], as: UTF8.self)),
        let seed = UInt64(String(decoding: words[1], as: UTF8.self))
    else { return false }
    return words[2].elementsEqual(pattern(count, seed: seed))
}
