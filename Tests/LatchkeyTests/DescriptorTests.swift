import Glibc
import Sockets
import TestSupport
import Testing

/// A server whose descriptors run out.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct DescriptorTests {
    @Test
    func `without a descriptor who connects is told so, who is connected is served, and all are when there are some`()
        async throws
    {
        try await blocking {
            let (program, port, inside) = try servingOne()
            let limit = try #require(program.descriptors().max()) + 1
            try program.limitDescriptors(to: limit)
            // There may be gaps among the numbers that are in use.
            var fillers: [ClientConnection] = []
            while case let client = try connect(port), try isServed(client) { fillers.append(client) }
            try #require(fillers.count < limit)
            for count in 2...20 {
                let outside = try connect(port)
                let answer = String(decoding: try outside.receive(), as: UTF8.self)
                #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"), "\(answer)")
                #expect(answer.contains("\r\nRetry-After: 1\r\n"))
                #expect(answer.hasSuffix("\r\n\r\nthe process has no file descriptor left\n"))
                #expect(try outside.receive().isEmpty)
                #expect(try content("GET /metrics", inside).contains("reason=\"descriptors\"} \(count)\n"))
            }
            try program.limitDescriptors(to: limit + 20)
            #expect(try isServed(connect(port)))
            program.signal(SIGTERM)
            #expect(try program.outcome().isGraceful)
        }
    }

    @Test func `clients who cannot even be refused wait, without a core spent on them, and are served later`()
        async throws
    {
        try await blocking {
            let (program, port, inside) = try servingOne()
            // Not even the number of the one that is kept for refusals may be taken again.
            try program.limitDescriptors(to: 3)
            let waiting = try (0..<10).map { _ in try connect(port) }
            let (start, before) = (ContinuousClock.now, try program.processorTime())
            while ContinuousClock.now - start < .seconds(1) {
                #expect(try isServed(inside))
                // What is not done at once is done, too.
                #expect(try content("DELETE /keys?all=true", inside) == "0\n")
                usleep(50_000)
            }
            let elapsed = ContinuousClock.now - start
            #expect(try program.processorTime() - before < elapsed / 4)
            try program.limitDescriptors(to: 1000)
            for client in waiting { #expect(try isServed(client)) }
            program.signal(SIGTERM)
            #expect(try program.outcome().isGraceful)
        }
    }

    /// A server without tasks, and a connection that it serves.
    private func servingOne() throws -> (Program, port: UInt16, inside: ClientConnection) {
        let (program, port) = try Program.serving()
        let inside = try connect(port)
        #expect(try isServed(inside))
        try program.waitForNoTasks()
        return (program, port, inside)
    }

    private func isServed(_ client: ClientConnection) throws -> Bool {
        // Where it is refused, it may be so before it has asked.
        try? client.send(Array("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        return String(decoding: try client.receive(), as: UTF8.self).hasPrefix("HTTP/1.1 200 ")
    }

    /// The content of the answer, by HTTP/1.1 with a length.
    private func content(_ methodAndTarget: String, _ client: ClientConnection) throws -> String {
        try client.send(Array("\(methodAndTarget) HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        var received = ""
        while true {
            received += String(decoding: try client.receive(), as: UTF8.self)
            guard let end = received.firstRange(of: "\r\n\r\n") else { continue }
            let lines = received[..<end.lowerBound].split(separator: "\r\n")
            let length = lines.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) }
            if received[end.upperBound...].utf8.count == (try #require(length)) {
                return String(received[end.upperBound...])
            }
        }
    }
}
