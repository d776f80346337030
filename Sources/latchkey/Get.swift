import ArgumentParser
import HTTPMessages
import LatchkeyClient

/// `latchkey get`: writes a value out.
struct Get: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a key's value to standard output, byte for byte.",
        discussion: ExitStatus.clientHelp)

    @OptionGroup var key: KeyArgument
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write to this file; it is left alone if there is no value.", valueName: "file"))
    var output: RawText?
    @Option(help: "Only these bytes: 0-99 are the first hundred, 100- all after them, -100 the last.")
    var range: String?
    @Flag(help: "Show no progress, which a terminal is shown after a second.")
    var quiet = false
    @OptionGroup var service: ServiceOptions

    func validate() throws {
        guard let range else { return }
        let ends = range.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, range != "-", ends.joined().utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw ValidationError("--range: '\(range)' is not FIRST-LAST, FIRST- or -COUNT")
        }
    }

    func run() throws {
        let client = try service.client()
        var request = ClientRequest(.get, client.service.target(key: key.key.bytes))
        if let range { try request.add("Range", "bytes=\(range)") }
        let response = try client.send(request)
        if range != nil, response.head.status == 200 {
            throw ClientFailure.malformedAnswer("it is the whole value, and not the part that was asked for")
        }
        try response.require(range == nil ? 200 : 206)
        let file = try output.map { try OutputFile(path: $0.bytes) } ?? .standardOutput()
        // A value that goes to the same terminal shows how far it is.
        let isShown = !quiet && !file.isTerminal
        var progress = TransferProgress(on: isShown ? .standardError() : nil, total: response.head.contentLength)
        defer { progress.clear() }
        while let piece = try response.nextPiece() {
            try file.write(piece)
            progress.advance(by: piece.count)
        }
    }
}
