import ArgumentParser
import HTTPMessages
import LatchkeyClient

/// `latchkey delete`: removes a key.
struct Delete: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Delete a key and its value.",
        discussion: ExitStatus.clientHelp)

    @OptionGroup var key: KeyArgument
    @Option(help: ArgumentHelp("Only if this is the value's ETag.", valueName: "etag"))
    var ifMatch: RawText?
    @OptionGroup var service: ServiceOptions

    func run() throws {
        let client = try service.client()
        var request = ClientRequest(.delete, client.service.target(key: key.key.bytes))
        if let ifMatch { try request.add("If-Match", entityTag(ifMatch)) }
        try client.send(request).require(200, 204)
    }
}
