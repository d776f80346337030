import ArgumentParser
import Glibc
import LatchkeyClient
import LatchkeyServer

/// How the program ends where it does not simply return: the one place that maps failures to exit codes.
struct ExitStatus {
    let code: Int32
    /// What is printed: on standard output with code 0, else on standard error.
    let text: String

    /// The exit codes, for the help of the commands that ask a server for something.
    static let clientHelp = """
        Exit codes: 0 done; 1 failed; 2 wrong usage; 3 the key has no value; 4 the condition did not hold. Each but \
        0 comes with one line on standard error.
        """

    /// The status for anything that a command throws.
    init(of error: any Error) {
        switch error {
        case ConfigurationError.unusableFile:
            self.init(code: 1, failure: "\(error)")
        case let error as ConfigurationError:
            self.init(code: 2, failure: "\(error)")
        case let error as StartFailure:
            self.init(code: 1, failure: "\(error)")
        case let error as HealthCheckFailure:
            self.init(code: 1, failure: "\(error)")
        case let error as ClientFailure:
            self.init(code: Self.code(of: error), failure: "\(error)")
        case _ where Latchkey.exitCode(for: error) == .success:
            // --help, --version and the scripts that complete commands in a shell arrive as errors too.
            self.init(code: 0, text: Latchkey.fullMessage(for: error) + "\n")
        default:
            self.init(code: 2, failure: Latchkey.message(for: error))
        }
    }

    private static func code(of failure: ClientFailure) -> Int32 {
        switch failure {
        case .refused(status: 404, _, _): 3
        case .refused(status: 412, _, _): 4
        case .unusableURL, .unusableField: 2
        case .refused, .connection, .timedOut, .malformedAnswer, .file, .fileShrank, .fileTooLong, .unusableToken: 1
        }
    }

    private init(code: Int32, text: String) {
        self.code = code
        self.text = text
    }

    /// A failure is one line, whatever its message has in it.
    private init(code: Int32, failure message: String) {
        let line = ArgumentText.shown(message).split(whereSeparator: \.isNewline).joined(separator: " ")
        self.init(code: code, text: "latchkey: \(line)\n")
    }

    /// Prints the text and ends the process.
    func end() -> Never {
        if code == 0 {
            print(text, terminator: "")
        } else {
            let bytes = Array(text.utf8)
            _ = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
        }
        exit(code)
    }
}
