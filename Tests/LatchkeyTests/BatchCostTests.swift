import Glibc
import Sockets
import TestSupport
import Testing

/// What one request for many keys is there for.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct BatchCostTests {
    private static let keyCount = 1_000

    // A sanitizer slows our own code down, and not the library's.
    @Test(.disabled(if: isSanitized))
    func `a thousand small values in one batch cost the server far less than a thousand requests`() async throws {
        try await withCurlAndServer { curl, server, port in
            let value = String(repeating: "v", count: 99) + "!"
            let puts = (0..<Self.keyCount).map { "PUT key/\($0) 100\n\(value)\n" }.joined()
            let gets = (0..<Self.keyCount).map { "GET key/\($0)\n" }.joined()
            let stored = try curl("--data-binary", "@\(try curl.write("puts", puts.utf8))", "\(curl.url)/batch").output
            #expect(stored.split(separator: "\n").allSatisfy { $0.hasPrefix("201 ") })
            let batch = try curl.write("gets", gets.utf8)

            let connection = try connect(port)
            func getAll() throws {
                for number in 0..<Self.keyCount {
                    try connection.send(Array("GET /keys/key/\(number) HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                    var received: [UInt8] = []
                    while received.last != UInt8(ascii: "!") {
                        let piece = try connection.receive()
                        try #require(!piece.isEmpty)
                        received += piece
                    }
                }
            }
            func getBatch() throws {
                let results = try curl("--data-binary", "@\(batch)", "\(curl.url)/batch").output
                #expect(results.split(separator: "\n").count { $0 == value } == Self.keyCount)
            }
            // Once without looking: what is made at its first use belongs to neither.
            try getBatch()
            try getAll()
            let start = try server.processorTime()
            for _ in 0..<5 { try getBatch() }
            let afterBatches = try server.processorTime()
            for _ in 0..<5 { try getAll() }
            let (batches, requests) = (afterBatches - start, try server.processorTime() - afterBatches)
            print("processor time of a batch: \(batches / 5); of \(Self.keyCount) requests: \(requests / 5)")
            // Far more where all is optimised. Here only the library is, which is what a batch saves.
            #expect(requests > batches * 3)
        }
    }
}
