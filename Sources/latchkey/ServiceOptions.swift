import ArgumentParser
import LatchkeyClient
import LatchkeyServer

/// What every command takes that asks a server for something.
struct ServiceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the service is: http[s]://HOST[:PORT][/PREFIX]. [\(Setting.clientURLVariable), default \(Self.defaultURL)]",
            valueName: "url"))
    var url: String?

    @Option(
        help: ArgumentHelp(
            "Show the first token in this file. [\(Setting.tokenFile.variable)]", valueName: "file"))
    var tokenFile: RawText?

    @Option(
        help: ArgumentHelp(
            "With https, believe a server by the certificates in this file. (default: those of the system)",
            valueName: "file"))
    var caFile: RawText?

    @Option(help: ArgumentHelp("Give up after so long without progress.", valueName: "seconds"))
    var timeout = 60

    private static let defaultURL = "http://127.0.0.1:8080"

    func validate() throws {
        guard (1...86400).contains(timeout) else {
            throw ValidationError("--timeout: '\(timeout)' is not a number of seconds from 1 to 86400")
        }
    }

    /// The client for the service that the flag, or else the environment, names.
    func client() throws(ClientFailure) -> HTTPClient {
        let variable = ProcessEnvironment.variables[Setting.clientURLVariable]
        let text = url ?? variable.flatMap { $0.isEmpty ? nil : $0 } ?? Self.defaultURL
        return HTTPClient(
            try ServiceURL(text), timeoutSeconds: timeout, token: try token(),
            authorities: try caFile.map { (file) throws(ClientFailure) in
                try InputFile(path: file.bytes).whole(limit: 1 << 20)
            })
    }

    /// The variable is the server's own, so that in its container nothing needs to be said: who may read the file there may
    /// do what it lets do.
    private func token() throws(ClientFailure) -> [UInt8]? {
        let variable = ProcessEnvironment.variables[Setting.tokenFile.variable].map { Array($0.utf8) }
        guard let path = tokenFile?.bytes ?? variable else { return nil }
        return try InputFile(path: path).firstToken()
    }
}

/// The key that a command is about.
struct KeyArgument: ParsableArguments {
    @Argument(help: "The key as it is, without any encoding; after -- where it begins with a dash.")
    var key: RawText

    func validate() throws {
        if key.bytes.isEmpty { throw ValidationError("a key has at least one byte") }
    }
}

/// The tag that `text` means for a condition: as it stands in a field, or without its quotes, as shells like it.
func entityTag(_ text: RawText) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    return text.bytes == [UInt8(ascii: "*")] || text.bytes.contains(quote) ? text.bytes : [quote] + text.bytes + [quote]
}
