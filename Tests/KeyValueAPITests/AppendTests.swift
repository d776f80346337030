import ByteBuffers
import Testing

@testable import KeyValueAPI

/// `POST ?op=append`: values that grow.
@Suite struct AppendTests {
    private func makeClient(valueBytes: Int = 10) -> InProcessClient { InProcessClient(valueBytes: valueBytes) }

    @Test func `the first append creates, with the fields of its request, and the next add`() {
        let client = makeClient()
        let created = client.post("a", "append", "one", ["Content-Type": "text/x", "Latchkey-Meta-By": "me"])
        #expect(created.status == 201)
        #expect(created.names == ["Date", "ETag"])
        #expect(created.content.isEmpty)
        let added = client.post("a", "append", "two", ["Content-Type": "text/other", "Latchkey-Meta-By": "you"])
        #expect(added.status == 204)
        #expect(added.names == ["Date", "ETag"])
        #expect(added["ETag"] == #""abc-2""#)
        let answer = client.get("a")
        #expect(answer.text == "onetwo")
        #expect(answer["ETag"] == #""abc-2""#)
        #expect(answer["Content-Type"] == "text/x")
        #expect(answer["Latchkey-Meta-By"] == "me")
    }

    @Test(arguments: [.none, .whole([]), .chunked([]), .chunked([[], []])] as [InProcessClient.Body])
    func `nothing may be appended, to nothing too`(body: InProcessClient.Body) {
        let client = makeClient()
        #expect(client.send("POST", "/keys/a?op=append", [:], body).status == 201)
        #expect(client.stored("a") == "")
        client.put("a", "v")
        let answer = client.send("POST", "/keys/a?op=append", [:], body)
        #expect(answer.status == 204)
        // A write all the same.
        #expect(answer["ETag"] == #""abc-3""#)
        #expect(client.stored("a") == "v")
    }

    @Test func `content of unknown length is appended as well`() {
        let client = makeClient()
        client.put("a", "01")
        let body = InProcessClient.Body.chunked([Array("23".utf8), [], Array("456789".utf8)])
        #expect(client.send("POST", "/keys/a?op=append", [:], body).status == 204)
        #expect(client.stored("a") == "0123456789")
    }

    @Test(arguments: [("", 11), ("012345", 5), ("0123456789", 1), ("0", 10)])
    func `a value does not grow over the limit`(value: String, count: Int) {
        let client = makeClient()
        client.put("a", value, ["Content-Type": "text/x"])
        let more = [UInt8](repeating: 0x78, count: count)
        for body in [.whole(more), .chunked([more]), .chunked(more.map { [$0] })] as [InProcessClient.Body] {
            let answer = client.send("POST", "/keys/a?op=append", [:], body)
            #expect(answer.status == 413)
            if count <= 10 {
                #expect(answer.text == "the value would have \(value.count + count) bytes; the limit is 10 bytes\n")
            } else {
                #expect(answer.text.hasSuffix("larger than the limit of 10 bytes\n"))
            }
        }
        #expect(client.get("a").text == value)
        #expect(client.get("a")["ETag"] == #""abc-1""#)
    }

    @Test func `a value may grow to the limit`() {
        let client = makeClient()
        for _ in 0..<10 { #expect([201, 204].contains(client.post("a", "append", "x").status)) }
        #expect(client.stored("a")?.count == 10)
        #expect(client.post("a", "append", "x").status == 413)
        #expect(client.post("a", "append", "").status == 204)
    }

    @Test(arguments: ["a value sent before keeps its bytes"])
    func `a reader's bytes stay as they are`(value: String) throws {
        let client = makeClient(valueBytes: 1_000)
        client.put("a", value)
        let read = try #require(client.get("a").body)
        for _ in 0..<5 { client.post("a", "append", "more") }
        #expect(read == SharedBytes(copying: value.utf8))
        let after = try #require(client.get("a").body)
        #expect(after.storage !== read.storage)
        #expect(after.count == value.utf8.count + 20)
    }

    @Test func `the deadline stays, unless another is asked for`() {
        let clock = HandClock()
        let client = InProcessClient(clock: clock.clock)
        client.put("a?ttl=10", "v")
        clock.advance(by: .seconds(1))
        client.post("a", "append", "w")
        #expect(client.get("a")["Latchkey-TTL"] == "9")
        client.post("a", "append&ttl=50", "x")
        #expect(client.get("a")["Latchkey-TTL"] == "50")
        client.post("new", "append&ttl=3", "x")
        #expect(client.get("new")["Latchkey-TTL"] == "3")
        client.put("ever", "v")
        client.post("ever", "append&ttl=4", "w")
        #expect(client.get("ever")["Latchkey-TTL"] == "4")
        clock.advance(by: .seconds(50))
        #expect(client.post("a", "append", "anew").status == 201)
        #expect(client.get("a").text == "anew")
        #expect(client.get("a")["Latchkey-TTL"] == nil)
    }

    @Test func `conditions are those of any write`() {
        let client = makeClient()
        #expect(client.post("a", "append", "v", ["If-Match": "*"]).status == 412)
        #expect(client.post("a", "append", "v", ["If-None-Match": "*"]).status == 201)
        let refused = client.post("a", "append", "w", ["If-None-Match": "*"])
        #expect(refused.status == 412)
        #expect(refused["ETag"] == #""abc-1""#)
        #expect(client.post("a", "append", "w", ["If-Match": #""abc-1""#]).status == 204)
        // Gone for good, so the content is not even read.
        #expect(client.post("a", "append", "x", ["If-Match": #""abc-1""#]).reception == .skip)
        #expect(client.stored("a") == "vw")
    }

    @Test func `a hopeless append is refused before its content`() {
        let client = makeClient()
        for (operation, fields, status) in [
            ("append&by=1", [:], 400), ("append&keepttl", [:], 400), ("append", ["Content-Range": "bytes 0-0/1"], 400),
            ("append", ["If-Match": "x"], 400), ("append", ["Content-Type": "\u{1}"], 400),
        ] as [(String, InProcessClient.Fields, Int)] {
            let answer = client.post("a", operation, "v", fields)
            #expect(answer.status == status)
            #expect(answer.reception == .skip)
        }
        #expect(client.post("a", "append", "0123456789x").reception == .refuse)
        #expect(client.acquisitions == 0)
    }

    @Test(arguments: [1, 64])
    func `concurrent appends lose nothing and keep each writer's order`(shards: Int) async throws {
        let client = InProcessClient(shards: shards)
        let statuses = try await atOnce(8) { number in
            (0..<100).map { client.post("a", "append", "\(number):\($0),").status }
        }
        #expect(statuses.flatMap { $0 }.count { $0 == 201 } == 1)
        #expect(statuses.flatMap { $0 }.count { $0 == 204 } == 799)
        let words = (client.stored("a") ?? "").split(separator: ",").map { $0.split(separator: ":") }
        #expect(words.count == 800)
        for number in 0..<8 {
            #expect(words.filter { $0[0] == "\(number)" }.map { Int($0[1]) } == Array(0..<100))
        }
    }

    /// Larger than what an event loop copies.
    private static let largeCount = KeyValueAPI.promptCopy + 1

    @Test func `a large value grows by work that an event loop does not wait for`() async throws {
        let client = makeClient(valueBytes: 1 << 20)
        let large = String(repeating: "x", count: Self.largeCount - 2)
        client.put("a", large, ["Content-Type": "text/x"])
        let read = try #require(client.get("a").body)
        // As much as may be copied at once, and a byte more.
        #expect(client.begin("POST", Array("/keys/a?op=append".utf8), [:], .whole([0x79])).answer?.status == 204)
        let body = InProcessClient.Body.whole([0x7a, 0x7a])
        let waiting = try #require(client.begin("POST", Array("/keys/a?op=append".utf8), [:], body).waiting)
        let added = await waiting.answer()
        #expect(added.status == 204)
        #expect(added.names == ["Date", "ETag"])
        #expect(added["ETag"] == #""abc-3""#)
        let answer = client.get("a")
        #expect(answer.text == large + "yzz")
        #expect(answer["ETag"] == #""abc-3""#)
        #expect(answer["Content-Type"] == "text/x")
        #expect(read == SharedBytes(copying: large.utf8))
    }

    @Test func `large values have the same limits, conditions and deadlines`() {
        let clock = HandClock()
        let client = InProcessClient(clock: clock.clock, valueBytes: Self.largeCount + 1)
        client.put("a?ttl=10", String(repeating: "x", count: Self.largeCount))
        let refused = client.post("a", "append", "yy")
        #expect(refused.status == 413)
        #expect(
            refused.text
                == "the value would have \(Self.largeCount + 2) bytes; the limit is \(Self.largeCount + 1) bytes\n")
        let failed = client.post("a", "append", "y", ["If-None-Match": "*"])
        #expect(failed.status == 412)
        #expect(failed["ETag"] == #""abc-1""#)
        #expect(client.stored("a")?.utf8.count == Self.largeCount)
        clock.advance(by: .seconds(1))
        #expect(client.post("a", "append", "y", ["If-Match": #""abc-1""#]).status == 204)
        #expect(client.get("a")["Latchkey-TTL"] == "9")
        #expect(client.post("a", "append&ttl=50", "").status == 204)
        #expect(client.get("a")["Latchkey-TTL"] == "50")
        #expect(client.stored("a")?.utf8.count == Self.largeCount + 1)
        // What is appended may be the larger part.
        client.put("b", "x")
        #expect(client.post("b", "append", String(repeating: "y", count: Self.largeCount)).status == 204)
        #expect(client.stored("b")?.utf8.count == Self.largeCount + 1)
    }

    @Test func `concurrent appends to a large value lose nothing and keep each writer's order`() async throws {
        let client = InProcessClient(shards: 4, valueBytes: 1 << 20)
        client.put("a", String(repeating: ",", count: Self.largeCount))
        let statuses = try await atOnce(8) { number in
            (0..<20).map { client.post("a", "append", "\(number):\($0),").status }
        }
        #expect(statuses.flatMap { $0 } == Array(repeating: 204, count: 160))
        let words = (client.stored("a") ?? "").split(separator: ",").map { $0.split(separator: ":") }
        #expect(words.count == 160)
        for number in 0..<8 {
            let own = words.filter { $0.first == "\(number)" }.map { $0.last ?? "" }
            #expect(own == (0..<20).map { "\($0)" })
        }
    }

    @Test func `appends to a large value and writes of it go one after the other`() async throws {
        let client = InProcessClient(valueBytes: 1 << 20)
        let large = String(repeating: "x", count: Self.largeCount)
        client.put("a", large)
        _ = try await atOnce(4) { number in
            for _ in 0..<20 {
                if number == 0 { client.put("a", large) } else { client.post("a", "append", "y") }
            }
        }
        let value = try #require(client.stored("a"))
        #expect(value.hasPrefix(large) && value.dropFirst(large.count).allSatisfy { $0 == "y" })
        #expect(client.get("a")["ETag"] == #""abc-51""#)
    }
}
