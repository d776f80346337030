import Glibc
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(suiteMinutes))) struct ProgressTests {
    @Test func `a long get shows on a terminal how far it is, and clears that at the end`() async throws {
        try await blocking {
            let isShown = Flag()
            let server = try ScriptedServer([slowAnswer { _ in isShown.isSet }])
            let terminal = try Terminal()
            let program = try Program(
                ["get", "k", "-o", "/dev/null", "--url", server.url], surroundings: .init(errors: terminal.programEnd))
            terminal.closeProgramEnd()
            let text = try terminal.read { text in
                if text.contains("/s") { isShown.set() }
            }
            #expect(text.contains(" of 976.5 KiB, "))
            #expect(text.contains(" %, "))
            #expect(text.hasSuffix("\r\u{1b}[K"))
            #expect(try program.outcome().code == 0)
        }
    }

    @Test func `a long put of unknown length shows on a terminal how much it was`() async throws {
        try await blocking {
            let server = try ScriptedServer([.text("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")])
            let directory = try TemporaryDirectory()
            let pipe = directory.file("pipe")
            try #require(mkfifo(pipe, 0o600) == 0)
            var writingEnd = open(pipe, O_RDWR | O_CLOEXEC)
            let terminal = try Terminal()
            let program = try Program(
                ["put", "k", "--url", server.url], surroundings: .init(input: pipe, errors: terminal.programEnd))
            terminal.closeProgramEnd()
            let text = try terminal.read { text in
                if !text.contains("/s") {
                    write(writingEnd, "abc", 3)
                } else if writingEnd >= 0 {
                    close(writingEnd)
                    writingEnd = -1
                }
            }
            #expect(text.hasPrefix("\r\u{1b}[K"))
            #expect(text.hasSuffix("\r\u{1b}[K"))
            #expect(!text.contains("%"))
            #expect(try program.outcome().code == 0)
        }
    }

    @Test(arguments: [true, false])
    func `nothing is shown with --quiet, or where standard error is no terminal`(isQuiet: Bool) async throws {
        try await blocking {
            let server = try ScriptedServer([slowAnswer { $0 > .milliseconds(1500) }])
            let terminal = try Terminal()
            let program = try Program(
                ["get", "k", "-o", "/dev/null", "--url", server.url] + (isQuiet ? ["--quiet"] : []),
                surroundings: .init(errors: isQuiet ? terminal.programEnd : nil))
            terminal.closeProgramEnd()
            #expect(try terminal.read { _ in }.isEmpty)
            let outcome = try program.outcome()
            #expect(outcome.code == 0)
            #expect(outcome.errors.isEmpty)
        }
    }

    @Test func `a transfer that is quick shows nothing`() async throws {
        try await blocking {
            // Again where this machine was too busy to be quick.
            try repeatUntil("transfer a value in less than a second") {
                let (elapsed, text) = try getAtOnce()
                guard elapsed < .seconds(1) else { return false }
                #expect(text.isEmpty)
                return true
            }
        }
    }

    /// Gets a million bytes that come at once, and tells how long that took at most, and what the terminal showed.
    private func getAtOnce() throws -> (elapsed: Duration, text: String) {
        let time = Time()
        let server = try ScriptedServer([
            .custom { peer in
                let start = ContinuousClock.now
                let value = String(repeating: "x", count: 1_000_000)
                try peer.send("HTTP/1.1 200 OK\r\nETag: \"a-1\"\r\nContent-Length: \(value.utf8.count)\r\n\r\n\(value)")
                // Until the client closes, having read all of it.
                peer.discardInput()
                time.set(.now - start)
            }
        ])
        let terminal = try Terminal()
        let program = try Program(
            ["get", "k", "-o", "/dev/null", "--url", server.url], surroundings: .init(errors: terminal.programEnd))
        terminal.closeProgramEnd()
        let text = try terminal.read { _ in }
        #expect(try program.outcome().code == 0)
        try repeatUntil("see the connection end") { time.value != nil }
        return (try #require(time.value), text)
    }
}

private final class Time: Sendable {
    private let state = Mutex<Duration?>(nil)

    var value: Duration? { state.withLock { $0 } }
    func set(_ value: Duration) { state.withLock { $0 = value } }
}

private final class Flag: Sendable {
    private let state = Mutex(false)

    var isSet: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}

/// A million bytes that come in small pieces until they have done so for long enough, and then at once.
private func slowAnswer(until isEnough: @escaping @Sendable (_ elapsed: Duration) -> Bool) -> ScriptedServer.Answer {
    .custom { peer in
        let start = ContinuousClock.now
        var left = 1_000_000
        try peer.send("HTTP/1.1 200 OK\r\nETag: \"a-1\"\r\nContent-Length: \(left)\r\n\r\n")
        while left > 100, !isEnough(.now - start) {
            try peer.send(String(repeating: "x", count: 100))
            left -= 100
            poll(nil, 0, 20)
        }
        try peer.send(String(repeating: "x", count: left))
    }
}
