import Testing

@testable import LatchkeyServer

@Suite struct ConfigurationFileTests {
    @Test func `numbers and strings are both taken`() async throws {
        let text = #"{"port": 81, "shards": "16", "idle-timeout": 1.5, "max-value-bytes": "2GiB"}"#
        try await withSettingsFile(text) { path in
            let configuration = try await loadConfiguration(flags: ["config": path])
            #expect(configuration.port == 81)
            #expect(configuration.shards == 16)
            #expect(configuration.idleTimeout == .milliseconds(1500))
            #expect(configuration.maxValueBytes == 2 << 30)
        }
    }

    @Test func `an empty object sets nothing`() async throws {
        try await withSettingsFile(" {\n} ") { path in
            let configuration = try await loadConfiguration(flags: ["config": path])
            #expect(configuration == ServerConfiguration())
        }
    }

    @Test(arguments: [
        (#"{"port": 70000}"#, "port in FILE: '70000' is not a whole number from 0 to 65535"),
        (#"{"port": "x"}"#, "port in FILE: 'x' is not a whole number from 0 to 65535"),
        (#"{"port": 8e1}"#, "port in FILE: '8e1' is not a whole number from 0 to 65535"),
        (#"{"port": true}"#, "port in FILE: 'true' is not a string or a number"),
        (#"{"port": null}"#, "port in FILE: 'null' is not a string or a number"),
        (#"{"port": [80]}"#, "port in FILE: '[…]' is not a string or a number"),
        (#"{"log": {"level": "info"}}"#, "log in FILE: '{…}' is not a string or a number"),
        (#"{"prot": 80}"#, "prot in FILE is not a setting; see latchkey --help"),
        (#"{"config": "x"}"#, "config in FILE is not a setting; see latchkey --help"),
        (#"{"max_key_bytes": 1}"#, "max_key_bytes in FILE is not a setting; see latchkey --help"),
    ]) func `a bad member is refused by its name and file`(text: String, message: String) async throws {
        try await withSettingsFile(text) { path in
            let complaint = await configurationComplaint(flags: ["config": path])
            #expect(complaint == message.replacing("FILE", with: path))
        }
    }

    @Test(arguments: [
        ("", "empty"), (" ", "line 1: expected an object {…}"), ("[]", "line 1: expected an object {…}"),
        ("port: 80", "line 1: expected an object {…}"), ("{\n\n\"port\" 1}", "line 3: expected ':' after \"port\""),
        ("{\"port\": 1\n", "line 2: expected ',' or '}'"), ("{\"port\": 1,}", "line 1: expected a name in quotes"),
        ("{\"port\": 1}\n{}", "line 2: more text after the object"),
        ("{\"port\": 1,\n \"port\": 2}", "line 2: \"port\" for the second time"),
        ("{\"port\": nil}", "line 1: expected a value for \"port\""), ("{\"port\": 01}", "line 1: malformed number"),
    ]) func `a file that is no such JSON is unusable, and the line is told`(text: String, reason: String) async throws {
        try await withSettingsFile(text) { path in
            await #expect(throws: ConfigurationError.unusableFile(path: path, reason: reason)) {
                try await loadConfiguration(flags: ["config": path])
            }
        }
    }

    @Test(arguments: [
        ("/nonexistent/settings.json", "No such file or directory"), ("/dev/null", "not a regular file"),
        ("/", "not a regular file"),
    ]) func `a file that cannot be read is unusable`(path: String, reason: String) async {
        let message = await configurationComplaint(environment: ["LATCHKEY_CONFIG": path])
        #expect(message == "cannot use configuration file \(path): \(reason)")
    }

    @Test func `a file far too long is unusable`() async throws {
        try await withSettingsFile("{}" + String(repeating: " ", count: 1 << 20)) { path in
            await #expect(throws: ConfigurationError.unusableFile(path: path, reason: "longer than 1048576 bytes")) {
                try await loadConfiguration(flags: ["config": path])
            }
        }
    }

    @Test func `strings are unescaped`() throws {
        let text = #"{"a": "\"\\\/\b\f\n\r\t", "b": "\u00e9\uD83D\uDE00é", "\u0063": ""}"#
        let members = try SettingsDocument(Array(text.utf8)).members
        #expect(members == ["a": "\"\\/\u{8}\u{C}\n\r\t", "b": "é😀é", "c": ""])
    }

    @Test(arguments: ["0", "-0", "10", "1.25", "1e5", "1E+5", "-1.5e-7"]) func `a number keeps its text`(
        number: String
    ) throws {
        #expect(try SettingsDocument(Array("{\"a\":\(number)}".utf8)).members == ["a": number])
    }

    @Test(arguments: [
        "+1", ".5", "1.", "1e", "1e+", "-", "--1", "00", "-01", "0x1", "NaN", "1.5.5", #""\ud83d""#, #""\ude00""#,
        #""\ud83d\u0041""#, #""\x""#, #""\u12g4""#, #""\u12"#, "\"\u{1}\"", "\"\n\"", #"""#, "tru", "'a'", "",
    ]) func `a value that is no JSON is malformed`(value: String) {
        #expect(throws: SettingsDocumentError.self) { try SettingsDocument(Array("{\"a\":\(value)}".utf8)) }
    }

    @Test func `bytes that are not UTF-8 are malformed`() {
        let bytes = Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8)
        #expect(throws: SettingsDocumentError.malformed(line: 1, problem: "not UTF-8")) {
            try SettingsDocument(bytes)
        }
    }
}
