import ArgumentParser
import LatchkeyServer

/// The `latchkey` program: parse the command line, do what it says, and end with the right exit code.
@main
struct Latchkey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "latchkey",
        abstract: "A key-value service over plain HTTP.",
        discussion: """
            Every setting can be given as a flag, as an environment variable, or in a JSON file; the first of these that \
            has it wins. The settings of `serve`:

            \(settingsTable)
            """,
        version: LatchkeyVersion.string,
        subcommands: [Serve.self, HealthCheck.self],
        defaultSubcommand: Serve.self)

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            ExitStatus(of: error).end()
        }
    }

    /// The settings with their variables and defaults, one a line.
    private static var settingsTable: String {
        (Setting.all + [Setting.config])
            .map { "\($0.flag) \($0.placeholder)\n    \($0.help)" }
            .joined(separator: "\n")
    }
}
