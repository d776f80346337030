import Testing

/// Conditions decide and act in one step, also for many clients at once.
@Suite struct ConcurrencyTests {
    @Test(arguments: [1, 64])
    func `of a hundred concurrent creators of a key exactly one succeeds`(shards: Int) async throws {
        let client = InProcessClient(shards: shards)
        let keys = (0..<20).map { "key%20\($0)" }
        let answers = try await atOnce(100) { number in
            keys.map { client.put($0, "\(number)", ["If-None-Match": "*"]) }
        }
        for (place, key) in keys.enumerated() {
            let ofKey = answers.map { $0[place] }
            let winners = ofKey.indices.filter { ofKey[$0].status == 201 }
            #expect(winners.count == 1)
            #expect(ofKey.count { $0.status == 412 } == 99)
            // The losers are told the winner's tag, and his value is there.
            #expect(Set(ofKey.map { $0["ETag"] }) == [client.get(key)["ETag"]])
            #expect(winners.map(String.init) == [client.get(key).text])
        }
        #expect(client.keyCount == keys.count)
    }

    @Test(arguments: [1, 64])
    func `increments by compare-and-swap add up exactly`(shards: Int) async throws {
        let client = InProcessClient(shards: shards)
        client.put("n", "0")
        let rounds = 50
        let refusals = try await atOnce(16) { _ in
            var refusals = 0
            for _ in 0..<rounds {
                var isDone = false
                // A refusal is the success of another thread, so more of them would be an error, and no reason to go on.
                while !isDone, refusals <= 15 * rounds {
                    let current = client.get("n")
                    let next = (Int(current.text) ?? 0) + 1
                    isDone = client.put("n", "\(next)", ["If-Match": current["ETag"] ?? ""]).status == 204
                    if !isDone { refusals += 1 }
                }
            }
            return refusals
        }
        #expect(refusals.allSatisfy { $0 <= 15 * rounds })
        #expect(client.get("n").text == "\(16 * rounds)")
    }

    @Test func `the tag of a refusal is as good as one that was read`() async throws {
        let client = InProcessClient()
        client.put("n", "0")
        // Each swap is of the tag that the last answer told, without a GET in between.
        let swaps = try await atOnce(8) { number in
            var tag = #""abc-1""#
            return (0..<100).count { _ in
                let answer = client.put("n", "\(number)", ["If-Match": tag])
                tag = answer["ETag"] ?? "none"
                return answer.status == 204
            }
        }
        let writes = swaps.reduce(0, +)
        #expect(writes >= 100)
        // Every write that was reported, and no other, has used a version up.
        #expect(client.get("n")["ETag"] == "\"abc-\(String(writes + 1, radix: 16))\"")
    }

    @Test func `of concurrent removals of a version exactly one succeeds`() async throws {
        let client = InProcessClient()
        let keys = (0..<50).map(String.init)
        let tags = keys.map { client.put($0, "v")["ETag"] ?? "none" }
        let answers = try await atOnce(8) { _ in
            zip(keys, tags).map { client.delete($0, ["If-Match": $1]).status }
        }
        for place in keys.indices {
            let ofKey = answers.map { $0[place] }
            #expect(ofKey.count { $0 == 204 } == 1)
            #expect(ofKey.count { $0 == 404 } == 7)
        }
        #expect(client.keyCount == 0)
    }

    @Test func `readers see whole values, each with the type that belongs to it`() async throws {
        let client = InProcessClient()
        client.put("a", "0", ["Content-Type": "01"])
        let mixed = try await atOnce(8) { number -> Int in
            if number < 4 {
                for step in 0..<200 {
                    let text = String(repeating: "\(number)", count: step * 7 % 300 + 1)
                    client.put("a", text, ["Content-Type": "\(number)\(text.count)"])
                }
                return 0
            }
            return (0..<400).count { _ in
                let answer = client.get("a")
                guard let digit = answer.text.first, answer.text.allSatisfy({ $0 == digit }) else { return true }
                return answer["Content-Type"] != "\(digit)\(answer.text.count)"
            }
        }
        #expect(mixed.allSatisfy { $0 == 0 })
    }
}
