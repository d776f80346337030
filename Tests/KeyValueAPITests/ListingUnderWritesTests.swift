import Synchronization
import Testing

/// Walks while others write.
@Suite struct ListingUnderWritesTests {
    @Test(arguments: [1, 16])
    func `a key that is there throughout is listed exactly once, whatever happens to others`(shards: Int) async throws {
        let client = InProcessClient(shards: shards)
        let standing = (0..<300).map { "standing-\($0)" }
        for key in standing { client.put(key, "v") }
        let walkersLeft = Atomic(2)
        let expected = Set(standing)
        let problems = try await atOnce(4) { number -> [String] in
            if number < 2 {
                // Comings and goings make the tables grow; replacing moves nothing, and must not hide anything.
                var round = 0
                while walkersLeft.load(ordering: .acquiring) > 0 {
                    client.put("\(number)-\(round % 5_000)", "v")
                    client.put(standing[round % standing.count], "w")
                    if round.isMultiple(of: 3) { _ = client.delete("\(number)-\(round / 2 % 5_000)") }
                    round += 1
                }
                return []
            }
            defer { walkersLeft.subtract(1, ordering: .releasing) }
            return (0..<6).compactMap { round in
                let lines = client.listed("?limit=\(round * 37 + 7)").filter { $0.hasPrefix("standing") }
                return lines.count == expected.count && Set(lines) == expected
                    ? nil : "\(lines.count) lines, \(expected.subtracting(lines).count) missing"
            }
        }
        #expect(problems.flatMap { $0 } == [])
    }

    @Test func `a key that came or went meanwhile is listed once at most`() async throws {
        let client = InProcessClient(shards: 4)
        for number in 0..<200 { client.put("coming-\(number)", "v") }
        let isDone = Atomic(false)
        let repeated = try await atOnce(2) { number -> Int in
            if number == 0 {
                var round = 0
                while !isDone.load(ordering: .acquiring) {
                    let key = "coming-\(round % 200)"
                    if client.delete(key).status == 404 { client.put(key, "v") }
                    round += 7
                }
                return 0
            }
            defer { isDone.store(true, ordering: .releasing) }
            return (0..<30).reduce(0) { sum, _ in
                let lines = client.listed("?limit=9")
                return sum + lines.count - Set(lines).count
            }
        }
        #expect(repeated == [0, 0])
    }
}
