import Glibc
import LatchkeyServer
import Testing

/// A configuration from some layers; those not given are empty.
func loadConfiguration(
    flags: [String: String] = [:], environment: [String: String] = [:]
) async throws(ConfigurationError) -> ServerConfiguration {
    try await ServerConfiguration.load(flags: flags, environment: environment)
}

/// What a user reads on standard error about these layers; nil where nothing is wrong with them.
func configurationComplaint(flags: [String: String] = [:], environment: [String: String] = [:]) async -> String? {
    do {
        _ = try await loadConfiguration(flags: flags, environment: environment)
        return nil
    } catch {
        return error.description
    }
}

/// Runs `body` with the path of a file of its own that holds `contents`.
@discardableResult func withSettingsFile<Result>(
    _ contents: String, _ body: (_ path: String) async throws -> Result
) async throws -> Result {
    var template = Array("/tmp/latchkey-test-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    try #require(descriptor >= 0)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    let written = Array(contents.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
    try #require(written == contents.utf8.count)
    return try await body(path)
}
