import ArgumentParser
import LatchkeyClient

/// `latchkey list`: prints keys.
struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the keys, one a line, percent-encoded, in no order.",
        discussion: """
            A key that is there all the while is printed exactly once.

            \(ExitStatus.clientHelp)
            """)

    @Argument(help: "Only keys that begin with this, which is as it is, without any encoding.")
    var prefix: RawText?
    @Option(help: ArgumentHelp("Stop after so many keys.", valueName: "count"))
    var limit: Int?
    @OptionGroup var service: ServiceOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit: '\(limit)' is not a number above 0") }
    }

    func run() throws {
        let output = OutputFile.standardOutput()
        var listing = KeyListing(try service.client(), prefix: prefix?.bytes ?? [], limit: limit)
        while let piece = try listing.nextPiece() { try output.write(piece) }
    }
}
