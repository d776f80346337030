import Foundation
import Sockets
import TestSupport
import Testing

/// Examples in the documentation, run as they stand there.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct DocumentedExampleTests {
    /// The lines of code below each heading of this page of Documentation/.
    private static func examples(in page: String) throws -> [(heading: String, lines: [String])] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let text = try String(contentsOf: root.appending(path: "Documentation/\(page)"), encoding: .utf8)
        var examples: [(heading: String, lines: [String])] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("#") {
                examples.append((heading: line.trimmingCharacters(in: ["#", " "]), lines: []))
            } else if line.hasPrefix("    ") {
                examples[examples.count - 1].lines.append(String(line.dropFirst(4)))
            }
        }
        return examples
    }

    /// The examples that start the service by themselves, of the page about access.
    private static func examples() throws -> [(heading: String, lines: [String])] {
        try examples(in: "Access.md").filter { example in example.lines.contains { $0.hasPrefix("latchkey --") } }
    }

    @Test func `there are examples`() throws {
        #expect(
            try Self.examples().map(\.heading) == [
                "Tokens", "TLS", "Pages of other sites", "Names of the service", "An address for metrics and health",
            ])
    }

    @Test(arguments: try examples())
    func `an example does what it says`(heading: String, lines: [String]) async throws {
        try await blocking {
            let directory = FileManager.default.temporaryDirectory.appending(path: "latchkey-\(UUID())")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: directory) }
            try Data(repeating: 7, count: 10_000).write(to: directory.appending(path: "photo.png"))
            let isStart = { (line: String) in line.hasPrefix("latchkey --") }
            let start = try #require(lines.firstIndex(where: isStart))
            let scheme = lines[start].contains("--tls-cert") ? "https" : "http"
            try run(Array(lines[..<start]), directory)
            let program = try Self.shell(
                // On free ports instead of those that a reader would have.
                "exec \(lines[start].replacing("127.0.0.1:9090", with: "127.0.0.1:0")) --port 0", directory)
            let port = try program.port(scheme: scheme)
            let adminPort = lines[start].contains("9090") ? try program.adminPort() : 0
            let rest = lines[(start + 1)...].map {
                $0.replacing(":8080", with: ":\(port)").replacing(":9090", with: ":\(adminPort)")
            }
            try run(rest, directory, url: "\(scheme)://127.0.0.1:\(port)")
            if FileManager.default.fileExists(atPath: directory.appending(path: "copy.png").path) {
                #expect(
                    try Data(contentsOf: directory.appending(path: "copy.png")) == Data(repeating: 7, count: 10_000))
            }
            program.signal(SIGTERM)
            #expect(try program.outcome().isGraceful)
        }
    }

    @Test(arguments: [("Wait for a key that is missing", "done\njob\n"), ("Have damage found", "")])
    func `a recipe prints what it says`(heading: String, output: String) async throws {
        try await withCurl { curl in
            let recipe = try #require(try Self.examples(in: "Recipes.md").first { $0.heading == heading })
            let directory = FileManager.default.temporaryDirectory.appending(path: "latchkey-\(UUID())")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: directory) }
            try Data(repeating: 7, count: 10_000).write(to: directory.appending(path: "photo.png"))
            let script = (["url=\(curl.url)/keys"] + recipe.lines).joined(separator: "\n")
            let outcome = try Self.shell(script, directory).outcome()
            #expect(outcome == Program.Outcome(code: 0, output: output, errors: ""))
        }
    }

    private func run(_ lines: [String], _ directory: URL, url: String = "") throws {
        let outcome = try Self.shell(lines.joined(separator: "\n"), directory, url: url).outcome()
        #expect(outcome.code == 0, "\(lines): \(outcome)")
    }

    /// A shell that finds the program of these tests, and curl, under their names.
    private static func shell(_ script: String, _ directory: URL, url: String = "") throws -> Program {
        let place = try Program.location()
        let path = "\(place[..<place.lastIndex(of: "/")!]):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
        return try Program(
            [
                "-ec",
                "cd '\(directory.path)'\nPATH='\(path)'\ncurl() { command curl -q -sS --max-time 60 \"$@\"; }\n\(script)",
            ],
            environment: url.isEmpty ? [:] : ["LATCHKEY_URL": url], surroundings: .init(executable: "/bin/sh"))
    }
}
