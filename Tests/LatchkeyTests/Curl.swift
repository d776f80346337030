import Foundation
import TestSupport
import Testing

/// A user with curl and a directory for files, and the address of a server.
struct Curl: Sendable {
    let url: String
    private let executable: String
    private let directory: URL

    fileprivate init(port: UInt16, scheme: String) throws {
        url = "\(scheme)://127.0.0.1:\(port)"
        executable = try Self.find()
        directory = FileManager.default.temporaryDirectory.appending(path: "latchkey-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    /// The first curl on PATH.
    private static func find() throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let places = path.split(separator: ":").map { "\($0)/curl" }
        guard let place = places.first(where: FileManager.default.isExecutableFile) else {
            Issue.record(
                "curl is not on PATH, and these tests need it: install it, on Debian by 'apt-get install curl'")
            throw CocoaError(.fileNoSuchFile)
        }
        return place
    }

    fileprivate func removeFiles() { try? FileManager.default.removeItem(at: directory) }

    /// The path of the file of this name.
    func path(_ name: String) -> String { directory.appending(path: name).path }

    /// Writes a file, and returns its path.
    @discardableResult
    func write(_ name: String, _ content: some Sequence<UInt8>) throws -> String {
        try Data(content).write(to: directory.appending(path: name))
        return path(name)
    }

    /// What is in a file.
    func read(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: directory.appending(path: name))) }

    /// Starts curl with these arguments.
    func start(_ arguments: [String], input: String? = nil) throws -> Program {
        // -q: whatever configuration the user of this machine has is of no interest.
        try Program(
            ["-q", "-sS", "--max-time", "60"] + arguments,
            surroundings: .init(input: input ?? "/dev/null", executable: executable))
    }

    /// Runs curl to its end.
    func callAsFunction(_ arguments: String..., input: String? = nil) throws -> Program.Outcome {
        try start(arguments, input: input).outcome()
    }

    /// Runs curl, which has to succeed, and tells the status of the answer, whose content goes nowhere.
    func status(_ arguments: String..., input: String? = nil) throws -> Int? {
        let outcome = try start(["-o", "/dev/null", "-w", "%{http_code}"] + arguments, input: input).outcome()
        #expect(outcome.code == 0, "\(arguments): \(outcome.errors)")
        return Int(outcome.output)
    }
}

/// Runs `body`, which may block, with a server of its own.
func withCurl(_ arguments: [String] = [], _ body: @Sendable (Curl) throws -> Void) async throws {
    try await withCurlAndServer(arguments) { curl, _, _ in try body(curl) }
}

/// Runs `body`, which may block, with a server of its own, and hands over that and its port too.
func withCurlAndServer(
    _ arguments: [String] = [], scheme: String = "http", _ body: @Sendable (Curl, Program, UInt16) throws -> Void
) async throws {
    try await blocking {
        let (program, port) = try Program.serving(arguments, scheme: scheme)
        let curl = try Curl(port: port, scheme: scheme)
        defer { curl.removeFiles() }
        try body(curl, program, port)
        program.terminate()
        let outcome = try program.outcome()
        #expect(outcome.isGraceful, "\(outcome)")
    }
}
