import ByteBuffers
import HTTPMessages
import KeyValueStore
import Testing

/// Large values whose length nobody announces: they arrive in pieces, which are put together apart from the event loops.
@Suite struct PiecedUploadTests {
    private static let pieces = (0..<50).map { number in [UInt8](repeating: UInt8(number), count: 60_000) }
    private static let value = pieces.flatMap { $0 }

    private func makeClient(valueBytes: Int = 1 << 22) -> InProcessClient { InProcessClient(valueBytes: valueBytes) }

    @Test func `what has arrived is stored, with all that belongs to it`() async throws {
        let client = InProcessClient(clock: HandClock().clock, valueBytes: 1 << 22)
        let fields: InProcessClient.Fields = [
            "Content-Type": "text/x", "Latchkey-Meta-By": "me", "Content-Digest": digest(.sha256, Self.value),
        ]
        let waiting = try #require(
            client.begin("PUT", Array("/keys/a?ttl=9".utf8), fields, .chunked(Self.pieces)).waiting)
        let stored = await waiting.answer()
        #expect(stored.status == 201)
        #expect(stored["ETag"] == #""abc-1""#)
        let answer = client.get("a")
        #expect(answer.content == Self.value)
        #expect(answer["Content-Type"] == "text/x")
        #expect(answer["Latchkey-Meta-By"] == "me")
        #expect(answer["Latchkey-TTL"] == "9")
        #expect(client.stored(Array("a".utf8)) == Self.value)
    }

    @Test func `operations take such values too`() {
        let client = makeClient()
        client.put("a", "x")
        #expect(client.send("POST", "/keys/a?op=append", [:], .chunked(Self.pieces)).status == 204)
        #expect(client.stored(Array("a".utf8)) == Array("x".utf8) + Self.value)
        let exchanged = client.send("POST", "/keys/a?op=getset", [:], .chunked(Self.pieces))
        #expect(exchanged.status == 200)
        #expect(exchanged.content == Array("x".utf8) + Self.value)
        #expect(client.stored(Array("a".utf8)) == Self.value)
        #expect(client.send("POST", "/keys/new?op=append", [:], .chunked(Self.pieces)).status == 201)
    }

    @Test func `conditions and limits are as for others`() {
        let client = makeClient()
        client.put("a", "x")
        let refused = client.send("PUT", "/keys/a", ["If-None-Match": "*"], .chunked(Self.pieces))
        #expect(refused.status == 412)
        #expect(refused["ETag"] == #""abc-1""#)
        let wrong: InProcessClient.Fields = ["Content-Digest": digest(.sha512, [])]
        #expect(client.send("PUT", "/keys/a", wrong, .chunked(Self.pieces)).status == 400)
        #expect(client.send("PUT", "/keys/a", [:], .chunked(Self.pieces + Self.pieces)).status == 413)
        #expect(client.stored("a") == "x")
        #expect(client.store.uploadBytes == 0)
    }

    @Test func `a batch may come so`() {
        let client = makeClient(valueBytes: 1 << 24)
        let batch = (0..<5_000).flatMap { Array("PUT k\($0) 300\n\(String(repeating: "v", count: 300))\n".utf8) }
        let pieces = stride(from: 0, to: batch.count, by: 8_000).map { Array(batch[$0..<min($0 + 8_000, batch.count)]) }
        #expect(client.send("POST", "/batch", [:], .chunked(pieces)).status == 200)
        #expect(client.keyCount == 5_000)
    }

    @Test func `a client that leaves before they are together changes nothing`() throws {
        let client = makeClient()
        let waiting = try #require(client.begin("PUT", Array("/keys/a".utf8), [:], .chunked(Self.pieces)).waiting)
        waiting.end()
        #expect(client.keyCount == 0)
    }
}
