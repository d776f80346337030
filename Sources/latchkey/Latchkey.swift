import ArgumentParser
import CAllocator
import LatchkeyServer

/// The `latchkey` program: parse the command line, do what it says, and end with the right exit code.
@main
struct Latchkey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "latchkey",
        abstract: "A key-value service over plain HTTP.",
        usage: """
            latchkey [serve] [--FLAG VALUE ...]
            latchkey healthcheck [--FLAG VALUE ...]
            latchkey get|put|delete|list|watch [KEY ...] [--url URL]
            """,
        discussion: """
            Each setting below is a flag, an environment variable, and a key of the JSON
            file that --config names: --idle-timeout, LATCHKEY_IDLE_TIMEOUT and
            "idle-timeout". A flag wins over the variable, and that over the file.

            \(settingsTable)
            """,
        version: LatchkeyVersion.string,
        subcommands: [
            Serve.self, HealthCheck.self, Get.self, Put.self, Delete.self, List.self, Watch.self,
        ],
        defaultSubcommand: Serve.self)

    static func main() async {
        // Here, while there is no other thread: each that has allocated memory has a heap for good.
        latchkey_share_one_heap()
        StandardDescriptors.occupy()
        do {
            var command = try parseAsRoot(ArgumentText.ofProcess())
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            ExitStatus(of: error).end()
        }
    }

    /// The settings with their defaults, for a terminal of 80 columns.
    private static var settingsTable: String {
        (Setting.all + [Setting.config])
            .map { setting in
                let note = setting.defaultText.isEmpty ? "" : "  (default \(setting.defaultText))"
                return "  \(setting.flag) \(setting.placeholder)\(note)\n" + indented(setting.summary + ".")
            }
            .joined(separator: "\n")
    }

    /// `text` in lines of at most 76 characters, each indented: the parser's own wrapping would start at the margin.
    private static func indented(_ text: String) -> String {
        var lines = ["     "]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].count + word.count >= 76 { lines.append("     ") }
            lines[lines.count - 1] += " " + word
        }
        return lines.joined(separator: "\n")
    }
}
