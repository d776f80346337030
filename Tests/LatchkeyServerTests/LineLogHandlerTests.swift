import Glibc
import Logging
import Testing

@testable import LatchkeyServer

@Suite struct LineLogHandlerTests {
    private func line(
        _ message: String, metadata: Logger.Metadata = [:], as format: LogFormat, at seconds: Int = 0
    ) -> String {
        LogLine(
            time: LogTimestamp(seconds: seconds, milliseconds: 7), label: "latchkey", level: .info, message: message,
            metadata: metadata
        ).rendered(as: format)
    }

    /// Not `time(2)`, which takes a coarser clock, up to a tick behind.
    private func secondsOfTheWall() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec
    }

    @Test func `a text line has time, level, message and pairs in the order of their keys`() {
        let text = line("Serving.", metadata: ["port": "80", "host": "::1"], as: .text, at: 1_709_251_199)
        #expect(text == "2024-02-29T23:59:59.007Z info Serving. host=::1 port=80\n")
    }

    @Test func `a JSON line keeps metadata apart and nested`() {
        let metadata: Logger.Metadata = [
            "b": ["x", ["y": "z"]], "a": .stringConvertible(5), "level": "mine", "none": [:], "empty": [],
        ]
        #expect(
            line("Serving.", metadata: metadata, as: .json) == """
                {"time":"1970-01-01T00:00:00.007Z","level":"info","logger":"latchkey","message":"Serving.",\
                "metadata":{"a":"5","b":["x",{"y":"z"}],"empty":[],"level":"mine","none":{}}}\n
                """)
        #expect(
            line("", as: .json) == """
                {"time":"1970-01-01T00:00:00.007Z","level":"info","logger":"latchkey","message":""}\n
                """)
    }

    @Test func `control characters are escaped in both forms`() {
        let message = "a\"\\\n\r\t\u{0}\u{1B}[2J\u{7F}\u{9B}\u{2028}\r\né😀"
        let escaped = #"\\\n\r\t\u0000\u001b[2J\u007f\u009b\u2028\r\né😀"#
        #expect(line(message, as: .text) == "1970-01-01T00:00:00.007Z info a\"\(escaped)\n")
        #expect(line(message, as: .json).hasSuffix("\"message\":\"a\\\"\(escaped)\"}\n"))
    }

    @Test func `a JSON line reads back as what was logged`() throws {
        let message = String(String.UnicodeScalarView((0...0x2FF).compactMap { Unicode.Scalar(UInt32($0)) }))
        let text = line(message, as: .json)
        #expect(try SettingsDocument(Array(text.utf8)).members["message"] == message)
    }

    @Test func `text values that are not one word are quoted`() {
        let metadata: Logger.Metadata = ["a b": "c d", "e": "", "f": "g=h", "i": "j\"k", "l": "m\nn"]
        let expected = #" "a b"="c d" e="" f="g=h" i="j\"k" l=m\nn"#
        #expect(line("x", metadata: metadata, as: .text).hasSuffix("x\(expected)\n"))
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00"), (951_782_400, "2000-02-29T00:00:00"), (4_107_542_400, "2100-03-01T00:00:00"),
        (-1, "1969-12-31T23:59:59"),
    ]) func `times are in UTC`(seconds: Int, expected: String) {
        #expect(line("", as: .text, at: seconds).hasPrefix("\(expected).007Z "))
    }

    @Test func `the clock is that of the wall`() {
        let before = secondsOfTheWall()
        let now = LogTimestamp.now
        #expect((before...secondsOfTheWall()).contains(now.seconds))
        #expect((0..<1000).contains(now.milliseconds))
    }

    @Test func `events below the level are not written, and others carry all metadata`() throws {
        let lines = try linesWritten { descriptor in
            var handler = LineLogHandler(label: "t", format: .text, level: .warning, descriptor: descriptor)
            handler.metadata = ["a": "handler", "b": "handler", "c": "handler"]
            handler.metadataProvider = .init { ["b": "provider", "c": "provider"] }
            handler[metadataKey: "d"] = "set"
            let logger = Logger(label: "t") { _ in handler }
            logger.info("no")
            logger.error("yes", error: Failure(), metadata: ["c": "event"])
        }
        #expect(lines.count == 1)
        #expect(lines.first?.hasSuffix(" error yes a=handler b=provider c=event d=set error=Failure()") == true)
    }

    @Test func `lines of several threads do not mix`() async throws {
        let message = String(repeating: "x", count: 200)
        let lines = try await withPipe { reader, writer in
            let logger = Logger(label: "t") { LineLogHandler(label: $0, format: .json, descriptor: writer) }
            await withTaskGroup { group in
                for task in 0..<4 {
                    group.addTask {
                        for event in 0..<25 { logger.info("\(message)", metadata: ["id": "\(task).\(event)"]) }
                    }
                }
            }
            return readAvailable(reader)
        }
        // 100 lines of about 320 bytes fit the pipe's buffer.
        #expect(lines.count == 100)
        #expect(Set(lines).count == 100)
        #expect(lines.allSatisfy { $0.hasPrefix("{\"time\":") && $0.hasSuffix("\"}}") && $0.contains(message) })
    }

    @Test func `a configuration gives the logger it describes`() {
        var configuration = ServerConfiguration()
        configuration.logLevel = .critical
        #expect(configuration.makeLogger().logLevel == .critical)
        #expect(configuration.makeLogger().label == "latchkey")
    }

    private struct Failure: Error {}

    private func linesWritten(_ body: (_ descriptor: Int32) -> Void) throws -> [String] {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { _ = close($0) } }
        body(ends[1])
        return readAvailable(ends[0])
    }

    private func withPipe(_ body: (_ reader: Int32, _ writer: Int32) async -> [String]) async throws -> [String] {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { _ = close($0) } }
        return await body(ends[0], ends[1])
    }

    /// The lines that wait in a pipe, which must be at least one.
    private func readAvailable(_ descriptor: Int32) -> [String] {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
