import ByteBuffers
import KeyValueAPI
import KeyValueStore
import TestSupport
import Testing

/// Requests of all kinds, one after the other, to one service.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct RequestFuzzTests {
    private static let count = 4_000

    /// What an answer to a complete request may be; 503 is for a server that stops.
    private static let statuses: Set<Int> = [
        200, 201, 204, 206, 304, 400, 404, 405, 409, 412, 413, 414, 416, 501,
    ]
    private static let fieldNames: Set<String> = [
        "Accept-Ranges", "Allow", "Cache-Control", "Content-Encoding", "Content-Range", "Content-Type", "Date", "ETag",
        "Latchkey-TTL", "Link", "Preference-Applied", "Vary", "X-Content-Type-Options",
    ]

    /// All that a client could find out of an entry.
    private struct Kept: Equatable {
        let value, attributes: [UInt8]
        let version, deadline: UInt64

        init(_ entry: Entry) {
            value = entry.value.withBorrowedBytes { Array($0) }
            attributes = entry.attributes.withBorrowedBytes { Array($0) }
            version = entry.version
            deadline = entry.deadline
        }
    }

    private func contents(_ client: InProcessClient) -> [[UInt8]: Kept] {
        var contents: [[UInt8]: Kept] = [:]
        var position: ShardedStore.WalkPosition? = .init()
        while position != nil {
            for walked in client.store.nextEntries(from: &position) {
                contents[walked.entry.key.withBorrowedBytes { Array($0) }] = Kept(walked.entry)
            }
        }
        return contents
    }

    private func answer(_ client: InProcessClient, _ made: RequestGrammar.Made) async -> Answer {
        switch client.begin(made.method, made.target, made.fields, made.body) {
        case .answered(let answer): return answer
        // One for a change has a time-out; nobody else would change anything here.
        case .waiting(let waiting): return waiting.deadline == nil ? await waiting.answer() : waiting.last()
        }
    }

    @Test(arguments: seeds)
    func `every request has an answer, and one that fails changes nothing`(seed: UInt64) async {
        let clock = HandClock()
        let client = InProcessClient(shards: 2, clock: clock.clock, keyBytes: 8, valueBytes: 16)
        var grammar = RequestGrammar(random: SeededGenerator(seed: seed))
        var seen: Set<Int> = []
        var before = contents(client)
        for number in 0..<Self.count {
            let made = grammar.next()
            let answer = await answer(client, made)
            let after = contents(client)
            let name = "request \(number) of seed \(seed): \(made)"
            #expect(Self.statuses.contains(answer.status), "\(answer.status) to \(name)")
            if answer.status >= 300 || ["GET", "HEAD", "OPTIONS"].contains(made.method) {
                #expect(after == before, "\(answer.status) to \(name)")
            }
            expectForm(answer, name)
            seen.insert(answer.status)
            if let tag = answer["ETag"] { grammar.tags = grammar.tags.suffix(7) + [tag] }
            before = after
            guard number.isMultiple(of: 10) else { continue }
            clock.advance(by: .milliseconds(300))
            before = contents(client)
        }
        // As long as the grammar finds its way to each.
        #expect(seen == Self.statuses)
    }

    private func expectForm(_ answer: Answer, _ name: String) {
        for field in answer.fields {
            #expect(
                Self.fieldNames.contains(field.name) || field.name.lowercased().hasPrefix("latchkey-meta-"),
                "\(field) to \(name)")
            #expect(!field.value.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }, "\(field) to \(name)")
        }
        #expect(Set(answer.names).count == answer.names.count, "\(answer.names) to \(name)")
        let hasNoContent = [204, 304].contains(answer.status) || answer.status == 201 && answer.content.isEmpty
        #expect((answer["Content-Type"] == nil) == hasNoContent, "\(answer.status) to \(name)")
        guard answer.status >= 400 else { return }
        #expect(answer.content.count { $0 == 0x0a } == 1 && answer.content.last == 0x0a, "\(answer.text) to \(name)")
        #expect(answer.status != 405 || answer["Allow"] != nil, "\(name)")
    }
}
