import ArgumentParser
import LatchkeyClient

/// `latchkey watch`: tells what becomes of a key.
struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what a key's value is now and whenever it changes.",
        discussion: """
            Each time a line with the value's ETag and its size in bytes, or the word "deleted" while there is none. \
            With --values the value itself and a line feed, while "deleted" goes to standard error. Of changes that \
            follow closely upon each other, the last is certain to be seen. Goes on until it is interrupted.

            \(ExitStatus.clientHelp)
            """)

    @OptionGroup var key: KeyArgument
    @Flag(help: "Print the values themselves.")
    var values = false
    @Option(help: ArgumentHelp("End after so many, what the key is at first included.", valueName: "number"))
    var count: Int?
    @OptionGroup var service: ServiceOptions

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count: '\(count)' is not a number above 0") }
    }

    func run() throws {
        let output = OutputFile.standardOutput()
        var watch = KeyWatch(try service.client(), key: key.key.bytes)
        var left = count ?? .max
        while left > 0 {
            switch try watch.next() {
            case .deleted:
                try (values ? .standardError() : output).write("deleted\n")
            case .value(let entityTag, let response):
                var size = 0
                while let piece = try response.nextPiece() {
                    size += piece.count
                    if values { try output.write(piece) }
                }
                try output.write(values ? "\n" : "\(entityTag) \(size)\n")
            }
            left -= 1
        }
    }
}
