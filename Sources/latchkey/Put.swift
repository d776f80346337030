import ArgumentParser
import HTTPMessages
import LatchkeyClient

/// `latchkey put`: stores a value.
struct Put: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Store a value, from a file or standard input, and print its ETag.",
        discussion: """
            The ETag is the one line on standard output, with its quotes, as --if-match takes it: \
            tag=$(latchkey put counter value). Nothing is changed unless all of the value has arrived.

            \(ExitStatus.clientHelp)
            """)

    @OptionGroup var key: KeyArgument
    @Argument(help: "The file with the value; - is standard input. (default: -)")
    var file: RawText?
    @Option(help: ArgumentHelp("Let the value expire after so long.", valueName: "seconds"))
    var ttl: RawText?
    @Option(help: ArgumentHelp("The type that the value is served with.", valueName: "type"))
    var contentType: RawText?
    @Flag(help: "Only if the key has no value.")
    var ifAbsent = false
    @Option(help: ArgumentHelp("Only if this is the value's ETag; * for any value.", valueName: "etag"))
    var ifMatch: RawText?
    @Flag(help: "Show no progress, which a terminal is shown after a second.")
    var quiet = false
    @OptionGroup var service: ServiceOptions

    func validate() throws {
        if ifAbsent && ifMatch != nil { throw ValidationError("--if-absent and --if-match exclude each other") }
    }

    func run() throws {
        let client = try service.client()
        let input =
            if let path = file?.bytes, path != [UInt8(ascii: "-")] {
                try InputFile(path: path)
            } else {
                InputFile.standardInput()
            }
        var progress = TransferProgress(on: quiet ? nil : .standardError(), total: input.size)
        defer { progress.clear() }
        let response = try client.send(try request(to: client.service), content: .file(input)) {
            progress.advance(by: $0)
        }
        try response.require(200, 201, 204)
        if let tag = response.entityTag { try OutputFile.standardOutput().write(tag + "\n") }
    }

    private func request(to service: ServiceURL) throws(ClientFailure) -> ClientRequest {
        var request = ClientRequest(.put, service.target(key: key.key.bytes, timeToLive: ttl?.bytes))
        if let contentType { try request.add("Content-Type", contentType.bytes) }
        if ifAbsent { try request.add("If-None-Match", "*") }
        if let ifMatch { try request.add("If-Match", entityTag(ifMatch)) }
        return request
    }
}
