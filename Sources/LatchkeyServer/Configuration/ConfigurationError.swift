/// Why no configuration could be made of what the user wrote. Its description is one line for standard error.
public enum ConfigurationError: Error, Equatable, Sendable {
    /// A setting has a value that is not allowed. `setting` is spelled as the user wrote it: `--port`,
    /// `LATCHKEY_PORT` or `port in settings.json`; `allowed` completes the sentence "is not ...".
    case invalidValue(setting: String, value: String, allowed: String)
    /// A name, spelled as the user wrote it, that is no setting.
    case unknownSetting(String)
    /// A setting, spelled as the user wrote it, has no meaning without another, which is spelled as a flag.
    case incomplete(setting: String, needs: String)
    /// The configuration file cannot be used as a whole: missing, unreadable or not a JSON object.
    case unusableFile(path: String, reason: String)
}

extension ConfigurationError: CustomStringConvertible {
    /// One line that says what was written where, and what is allowed.
    public var description: String {
        switch self {
        case .invalidValue(let setting, let value, let allowed):
            "\(printable(setting)): '\(printable(value))' is not \(allowed)"
        case .unknownSetting(let name):
            "\(printable(name)) is not a setting; see latchkey --help"
        case .incomplete(let setting, let other):
            "\(printable(setting)) needs \(other) too"
        case .unusableFile(let path, let reason):
            "cannot use configuration file \(printable(path)): \(printable(reason))"
        }
    }
}

/// `text` on one line and of bounded length, with nothing in it that steers a terminal.
private func printable(_ text: String) -> String {
    let limit = 200
    var shown = ""
    appendEscaped(text.prefix(limit), quoting: false, to: &shown)
    return text.count > limit ? shown + "…" : shown
}
