import Foundation
import Sockets
import Synchronization
import Testing

/// The program itself, as it was built for these tests, in a process of its own.
final class Program: Sendable {
    /// How it ended and what it wrote.
    struct Outcome: Equatable {
        let code: Int32
        let output: String
        let errors: String
    }

    private let process = Process()
    private let output: Lines
    private let errors: Lines
    private let hasEnded: AsyncStream<Void>

    /// Starts the program with these arguments and, beside what it takes to run at all, this environment.
    init(_ arguments: [String], environment: [String: String] = [:]) throws {
        let (outputPipe, errorPipe) = (Pipe(), Pipe())
        process.executableURL = Self.location
        process.arguments = arguments
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LATCHKEY_") }
        process.environment = inherited.merging(environment) { $1 }
        process.standardOutput = outputPipe
        process.standardError = errorPipe
        process.standardInput = FileHandle.nullDevice
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        hasEnded = ended
        process.terminationHandler = { _ in end.finish() }
        try process.run()
        output = Lines(outputPipe.fileHandleForReading)
        errors = Lines(errorPipe.fileHandleForReading)
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    /// Runs the program to its end.
    static func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Outcome {
        try await Program(arguments, environment: environment).outcome()
    }

    /// Starts a server on a free port and waits for its start-up line.
    static func serving(
        _ arguments: [String] = [], environment: [String: String] = [:]
    ) async throws -> (program: Program, port: UInt16) {
        let program = try Program(["--port", "0", "--threads", "2"] + arguments, environment: environment)
        let line = await program.output.first()
        let prefix = "latchkey: serving on http://127.0.0.1:"
        guard line.hasPrefix(prefix), let port = UInt16(line.dropFirst(prefix.count)) else {
            Issue.record("not the start-up line: '\(line)'")
            throw SocketFailure("learn the port", code: ENOENT)
        }
        return (program, port)
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for the end.
    func outcome() async -> Outcome {
        for await _ in hasEnded {}
        return Outcome(code: exitCode, output: await output.all(), errors: await errors.all())
    }

    /// What a shell would tell: 128 and the signal's number for a death by signal.
    private var exitCode: Int32 {
        process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
    }

    /// It lies beside the program that runs these tests.
    private static let location = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("latchkey")
}

/// What a process writes to a pipe, read on a thread of its own, so that it never waits for us.
private final class Lines: Sendable {
    private let pieces: AsyncStream<Data>
    private let seen = Mutex(Data())

    init(_ handle: FileHandle) {
        let (pieces, continuation) = AsyncStream.makeStream(of: Data.self)
        self.pieces = pieces
        Thread.detachNewThread {
            while true {
                let piece = handle.availableData
                if piece.isEmpty { break }
                continuation.yield(piece)
            }
            continuation.finish()
        }
    }

    /// Waits for the first line, or the end.
    func first() async -> String {
        await read { $0.contains(UInt8(ascii: "\n")) }
        let text = seen.withLock { String(decoding: $0, as: UTF8.self) }
        return text.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) ?? ""
    }

    /// Waits for the end, and tells all that was written.
    func all() async -> String {
        await read { _ in false }
        return seen.withLock { String(decoding: $0, as: UTF8.self) }
    }

    private func read(until isEnough: (Data) -> Bool) async {
        for await piece in pieces {
            let enough = seen.withLock { seen in
                seen.append(piece)
                return isEnough(seen)
            }
            if enough { return }
        }
    }
}
