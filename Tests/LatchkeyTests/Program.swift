import Glibc
import Sockets
import TestSupport
import Testing

/// The program itself, as it was built for these tests, or another one, in a process of its own. Everything here blocks.
final class Program {
    /// How it ended and what it wrote.
    struct Outcome: Equatable {
        let code: Int32
        let output: String
        let errors: String

        /// Whether a server has ended well, with nothing left unanswered.
        var isGraceful: Bool { code == 0 && !errors.contains("drain time-out") }
    }

    /// A program that did not end, nor say what it was to say, while there was patience.
    struct StillRunning: Error, CustomStringConvertible {
        let description: String
    }

    private let name: String
    let process: pid_t
    private let output: ReadingEnd
    private let errors: ReadingEnd
    private var hasEnded = false
    private var isTerminating = false

    /// Where the program reads from and complains to, and what a text cannot say to it.
    struct Surroundings {
        /// The file to read.
        var input = "/dev/null"
        /// A descriptor that stands for standard error, where the test reads the other end itself.
        var errors: Int32?
        /// The path of another program that is to run instead.
        var executable: String?
        /// More arguments, which need not be UTF-8.
        var lastArguments: [[UInt8]] = []
        /// Those of the descriptors 0 to 2 that are closed instead.
        var closed: [Int32] = []
    }

    /// Starts the program with these arguments and, beside what it takes to run at all, this environment.
    init(_ arguments: [String], environment: [String: String] = [:], surroundings: Surroundings = Surroundings()) throws
    {
        let (output, outputEnd) = try ReadingEnd.makePair()
        let (errors, errorEnd) = try ReadingEnd.makePair()
        defer { for end in [outputEnd, errorEnd] { close(end) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, surroundings.input, O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, outputEnd, 1)
        posix_spawn_file_actions_adddup2(&actions, surroundings.errors ?? errorEnd, 2)
        for descriptor in surroundings.closed { posix_spawn_file_actions_addclose(&actions, descriptor) }
        let location = try surroundings.executable ?? Self.location()
        let inherited = ["PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH"].compactMap {
            Self.variable($0)
        }
        // The leak check of a program that ends has other false findings than that of the tests.
        let leakOptions = Self.variable("PROGRAM_LSAN_OPTIONS", as: "LSAN_OPTIONS").map { [$0] } ?? []
        let bytes = ([location] + arguments).map { Array($0.utf8) } + surroundings.lastArguments
        let started = withCStrings(bytes) { arguments in
            withCStrings((inherited + leakOptions + environment.map { "\($0)=\($1)" }).map { Array($0.utf8) }) {
                environment in
                withShellSignals { attributes in
                    var process = pid_t()
                    let code = posix_spawn(&process, location, &actions, attributes, arguments, environment)
                    return (code: code, process: process)
                }
            }
        }
        guard started.code == 0 else { throw SocketFailure("start \(location)", code: started.code) }
        name = ([location] + arguments).joined(separator: " ")
        (process, self.output, self.errors) = (started.process, output, errors)
    }

    deinit {
        if !hasEnded { end() }
    }

    private func end() {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        hasEnded = true
    }

    /// Runs the program to its end.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String = "/dev/null"
    ) throws -> Outcome {
        try Program(arguments, environment: environment, surroundings: Surroundings(input: input)).outcome()
    }

    /// Starts a server on a free port and waits for its start-up line.
    static func serving(
        _ arguments: [String] = [], environment: [String: String] = [:], scheme: String = "http"
    ) throws -> (program: Program, port: UInt16) {
        // No client of a test is so slow, however busy the machine: the defaults are for clients that run.
        let patience = ["HEADER", "BODY", "REQUEST", "WRITE", "IDLE"].map { ("LATCHKEY_\($0)_TIMEOUT", "1h") }
        let program = try Program(
            ["--port", "0", "--threads", "2"] + arguments,
            environment: environment.merging(patience) { given, _ in given })
        return (program, try program.port(scheme: scheme))
    }

    /// Waits for a server's start-up line, and tells the port in it.
    func port(scheme: String = "http") throws -> UInt16 {
        try port(inLine: 0, after: "latchkey: serving on \(scheme)://127.0.0.1:")
    }

    /// Waits for the line after that, and tells the admin port in it.
    func adminPort() throws -> UInt16 {
        try port(inLine: 1, after: "latchkey: metrics and health on http://127.0.0.1:")
    }

    private func port(inLine index: Int, after prefix: String) throws -> UInt16 {
        let text = try lines(index + 1)[index]
        guard text.hasPrefix(prefix), let port = UInt16(text.dropFirst(prefix.count)) else {
            Issue.record("not the line with the port: '\(text)'")
            throw SocketFailure("learn the port", code: ENOENT)
        }
        return port
    }

    func signal(_ number: Int32) { kill(process, number) }

    /// Tells it to end, once: told twice it does not wait for requests.
    func terminate() {
        if !isTerminating { signal(SIGTERM) }
        isTerminating = true
    }

    /// The processor time that all its threads have taken so far. `clock_getcpuclockid(3)`.
    func processorTime() throws -> Duration {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else {
            throw SocketFailure("read the processor time")
        }
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// What it has written to standard output, as soon as that is enough, or at its end.
    func output(until isEnough: ([UInt8]) -> Bool) throws -> [UInt8] {
        guard output.read(by: .now + patience, until: isEnough) else { throw stillRunning() }
        return output.seen
    }

    /// Waits until it has written this to standard error.
    func waitToSay(_ text: String) throws {
        let isSaid: ([UInt8]) -> Bool = { String(decoding: $0, as: UTF8.self).contains(text) }
        guard errors.read(by: .now + patience, until: isSaid), isSaid(errors.seen) else { throw stillRunning() }
    }

    /// Waits for the end. Fails, and ends it, where the program is still there when patience is over.
    func outcome() throws -> Outcome {
        let deadline = ContinuousClock.now + patience
        guard output.read(by: deadline), errors.read(by: deadline), let status = status(by: deadline) else {
            throw stillRunning()
        }
        let death = status & 0x7f
        return Outcome(code: death == 0 ? status >> 8 & 0xff : 128 + death, output: output.text, errors: errors.text)
    }

    /// What `waitpid(2)` tells of the end; nil where there was none by then.
    private func status(by deadline: ContinuousClock.Instant) -> Int32? {
        var status: Int32 = 0
        // Most have ended by now: their output has.
        while waitpid(process, &status, WNOHANG) == 0 {
            guard .now < deadline else { return nil }
            usleep(1_000)
        }
        hasEnded = true
        return status
    }

    func stillRunning() -> StillRunning {
        end()
        return StillRunning(
            description: "\(name) was still running, and was killed; it had said '\(output.text)' and '\(errors.text)'")
    }

    /// A variable of the tests' own environment as it is passed on.
    private static func variable(_ name: String, as otherName: String? = nil) -> String? {
        getenv(name).map { "\(otherName ?? name)=\(String(cString: $0))" }
    }

    /// It lies beside the program that runs these tests.
    static func location() throws -> String {
        guard let own = realpath("/proc/self/exe", nil) else { throw SocketFailure("find the tests' own program") }
        defer { free(own) }
        let path = String(cString: own)
        return path[...path.lastIndex(of: "/")!] + "latchkey"
    }
}

/// The end of a pair of sockets that a process writes to.
private final class ReadingEnd {
    private let descriptor: Int32
    /// All that was read.
    private(set) var seen: [UInt8] = []

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// A reading end, and a descriptor to write to.
    static func makePair() throws -> (ReadingEnd, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        // Not pipe(2): no program that another test starts at this moment may inherit an end.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SocketFailure("create a pair of sockets")
        }
        return (ReadingEnd(ends[0]), ends[1])
    }

    /// `seen` as text.
    var text: String { String(decoding: seen, as: UTF8.self) }

    /// Reads until `isEnough` or the end, and tells whether it came to that by `deadline`.
    func read(by deadline: ContinuousClock.Instant, until isEnough: ([UInt8]) -> Bool = { _ in false }) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isEnough(seen) {
            let rest = max(.zero, deadline - .now)
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&event, 1, Int32(rest / .milliseconds(1))) > 0 else { return false }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return true }
            seen += buffer[..<count]
        }
        return true
    }
}

/// Calls `body` with attributes by which signals act as in a shell, whatever the thread and the process of the tests have
/// made of them.
private func withShellSignals<Result>(_ body: (UnsafePointer<posix_spawnattr_t>) -> Result) -> Result {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    return withUnsafePointer(to: attributes, body)
}

/// Calls `body` with C's form of a list of strings.
private func withCStrings<Result>(
    _ strings: [[UInt8]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let copies = strings.map { strdup($0.map { CChar(bitPattern: $0) } + [0]) } + [nil]
    defer { for copy in copies { free(copy) } }
    return copies.withUnsafeBufferPointer { body($0.baseAddress!) }
}

/// Sends `request` on a connection of its own and returns all that comes back until the server closes it.
func exchange(_ port: UInt16, _ request: String) throws -> String {
    let connection = try connect(port)
    try connection.send(Array(request.utf8))
    var answer: [UInt8] = []
    while case let piece = try connection.receive(), !piece.isEmpty { answer += piece }
    return String(decoding: answer, as: UTF8.self)
}
