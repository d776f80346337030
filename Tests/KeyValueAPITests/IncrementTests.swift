import KeyValueAPI
import Testing

/// `POST ?op=incr`: numbers that are counted up and down.
@Suite struct IncrementTests {
    private static let least = "\(Int64.min)"
    private static let greatest = "\(Int64.max)"

    @Test func `a missing key counts from nothing, by one`() {
        let client = InProcessClient()
        let created = client.post("n", "incr")
        #expect(created.status == 201)
        #expect(created.text == "1")
        #expect(created.names == ["Content-Type", "Date", "ETag"])
        #expect(created["Content-Type"] == "text/plain; charset=utf-8")
        #expect(created["ETag"] == #""abc-1""#)
        #expect(created.route == .keys)
        let next = client.post("n", "incr")
        #expect(next.status == 200)
        #expect(next.text == "2")
        #expect(next["ETag"] == #""abc-2""#)
        let stored = client.get("n")
        #expect(stored.text == "2")
        #expect(stored["ETag"] == #""abc-2""#)
        #expect(stored["Content-Type"] == "text/plain; charset=utf-8")
    }

    @Test(arguments: [
        ("5", "3", "8"), ("5", "-8", "-3"), ("5", "0", "5"), ("-1", "1", "0"), ("007", "1", "8"), ("-0", "-1", "-1"),
        (greatest, "-1", "9223372036854775806"), (least, greatest, "-1"), (greatest, least, "-1"),
        ("0", least, least), ("0", greatest, greatest), ("9223372036854775806", "1", greatest), ("10", "007", "17"),
    ])
    func `a number changes by what is asked for`(value: String, step: String, sum: String) {
        let client = InProcessClient()
        client.put("n", value)
        let answer = client.post("n", "incr&by=\(step)")
        #expect(answer.status == 200)
        #expect(answer.text == sum)
        #expect(client.stored("n") == sum)
    }

    @Test(arguments: [(greatest, "1"), (least, "-1"), (greatest, greatest), (least, least), ("1", greatest)])
    func `a sum of more than 64 bits is a conflict, and nothing changes`(value: String, step: String) {
        let client = InProcessClient()
        client.put("n", value)
        let answer = client.post("n", "incr&by=\(step)")
        #expect(answer.status == 409)
        #expect(answer.text == "\(value) and \(step) add up to more than 64 bits hold\n")
        #expect(client.stored("n") == value)
        #expect(client.get("n")["ETag"] == #""abc-1""#)
    }

    @Test(arguments: [
        "", " ", "x", "1x", " 1", "1\n", "+1", "1.0", "1e3", "--1", "-", "0x1", "9223372036854775808",
        "-9223372036854775809", "１", "1,000", String(repeating: "0", count: 65),
    ])
    func `a value that is no number is a conflict, and nothing changes`(value: String) {
        let client = InProcessClient()
        client.put("n", value)
        let answer = client.post("n", "incr")
        #expect(answer.status == 409)
        #expect(answer.text.hasPrefix("the value '"))
        #expect(answer.text.hasSuffix("' is not a whole number from \(Self.least) to \(Self.greatest)\n"))
        #expect(client.stored("n") == value)
        #expect(client.get("n")["ETag"] == #""abc-1""#)
    }

    @Test(arguments: ["", "x", "%2B1", "1.0", "1e3", "-", "%31", "9223372036854775808", "-9223372036854775809", " 1"])
    func `a step that is no number is refused by its text`(step: String) {
        let client = InProcessClient()
        let answer = client.post("n", "incr&by=\(step)")
        #expect(answer.status == 400)
        #expect(answer.text == "by '\(step)' is not a whole number from \(Self.least) to \(Self.greatest)\n")
        #expect(client.acquisitions == 0)
    }

    @Test func `content type, metadata and deadline stay`() {
        let clock = HandClock()
        let client = InProcessClient(clock: clock.clock)
        client.put("n?ttl=10", "41", ["Content-Type": "text/number", "Latchkey-Meta-Unit": "apples"])
        clock.advance(by: .seconds(3))
        // What belongs to this request is not stored.
        client.post("n", "incr", nil, ["Content-Type": "text/other", "Latchkey-Meta-Unit": "pears"])
        let answer = client.get("n")
        #expect(answer.text == "42")
        #expect(answer["Content-Type"] == "text/number")
        #expect(answer["Latchkey-Meta-Unit"] == "apples")
        #expect(answer["Latchkey-TTL"] == "7")
        client.post("n", "incr&ttl=100")
        #expect(client.get("n")["Latchkey-TTL"] == "100")
        #expect(client.get("n")["Content-Type"] == "text/number")
        clock.advance(by: .seconds(100))
        #expect(client.post("n", "incr").status == 201)
        #expect(client.get("n")["Content-Type"] == "text/plain; charset=utf-8")
        #expect(client.get("n")["Latchkey-TTL"] == nil)
    }

    @Test func `a number that lives on gets a deadline where one is asked for`() {
        let client = InProcessClient(clock: HandClock().clock)
        client.put("n", "1")
        client.post("n", "incr&ttl=5")
        client.post("new", "incr&ttl=6")
        #expect(client.get("n")["Latchkey-TTL"] == "5")
        #expect(client.get("new")["Latchkey-TTL"] == "6")
        client.post("n", "incr")
        #expect(client.get("n")["Latchkey-TTL"] == "5")
    }

    @Test func `conditions are those of any write`() {
        let client = InProcessClient()
        #expect(client.post("n", "incr", nil, ["If-Match": "*"]).status == 412)
        #expect(client.keyCount == 0)
        #expect(client.post("n", "incr", nil, ["If-None-Match": "*"]).status == 201)
        let refused = client.post("n", "incr", nil, ["If-None-Match": "*"])
        #expect(refused.status == 412)
        #expect(refused["ETag"] == #""abc-1""#)
        #expect(client.post("n", "incr", nil, ["If-Match": #""abc-1""#]).text == "2")
        #expect(client.post("n", "incr", nil, ["If-Match": #""abc-1""#]).status == 412)
        #expect(client.post("n", "incr", nil, ["If-Match": "nonsense"]).status == 400)
        #expect(client.stored("n") == "2")
    }

    @Test(arguments: [1, 64])
    func `concurrent increments add up exactly, and each is told a sum of its own`(shards: Int) async throws {
        let client = InProcessClient(shards: shards)
        let sums = try await atOnce(16) { _ in (0..<200).map { _ in Int(client.post("n", "incr").text) ?? 0 } }
        #expect(client.stored("n") == "3200")
        #expect(Set(sums.flatMap { $0 }) == Set(1...3200))
        // Nobody sees a number that goes backwards.
        #expect(sums.allSatisfy { $0 == $0.sorted() })
    }

    @Test func `increments and swaps of one number add up exactly`() async throws {
        let client = InProcessClient()
        client.put("n", "0")
        let rounds = 100
        let isDone = try await atOnce(8) { number in
            (0..<rounds).allSatisfy { _ in
                if number.isMultiple(of: 2) { return client.post("n", "incr&by=2").status == 200 }
                // A swap fails for the success of another, so it need not be tried more often than there are others.
                return (0...8 * rounds).contains { _ in
                    let current = client.get("n")
                    let next = "\((Int(current.text) ?? 0) - 1)"
                    return client.put("n", next, ["If-Match": current["ETag"] ?? ""]).status == 204
                }
            }
        }
        #expect(isDone.allSatisfy { $0 })
        #expect(client.stored("n") == "\(4 * rounds * 2 - 4 * rounds)")
    }
}
