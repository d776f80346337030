import Logging

/// One event in the log, ready to be written.
struct LogLine {
    let time: LogTimestamp
    let label: String
    let level: Logger.Level
    let message: String
    let metadata: Logger.Metadata

    /// The line with its line feed.
    func rendered(as format: LogFormat) -> String {
        var line = ""
        switch format {
        case .text: appendText(to: &line)
        case .json: appendJSON(to: &line)
        }
        line += "\n"
        return line
    }

    /// `2025-01-31T23:59:59.007Z info Listening. address=127.0.0.1 port=8080`
    private func appendText(to line: inout String) {
        time.append(to: &line)
        line += " \(level.rawValue) "
        appendEscaped(message, quoting: false, to: &line)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += " "
            Self.appendWord(key, to: &line)
            line += "="
            Self.appendWord("\(value)", to: &line)
        }
    }

    /// Appends `text` so that it is one word to a reader of `key=value` pairs: in quotes where it would not be.
    private static func appendWord(_ text: String, to line: inout String) {
        let needsQuotes = text.isEmpty || text.utf8.contains { " \"=".utf8.contains($0) }
        if needsQuotes { line += "\"" }
        appendEscaped(text, quoting: needsQuotes, to: &line)
        if needsQuotes { line += "\"" }
    }

    /// Metadata is an object of its own, so that none of its keys meets one of the event's.
    private func appendJSON(to line: inout String) {
        line += "{\"time\":\""
        time.append(to: &line)
        line += "\",\"level\":\"\(level.rawValue)\",\"logger\":"
        Self.appendJSONString(label, to: &line)
        line += ",\"message\":"
        Self.appendJSONString(message, to: &line)
        if !metadata.isEmpty {
            line += ",\"metadata\":"
            Self.appendJSONValue(.dictionary(metadata), to: &line)
        }
        line += "}"
    }

    private static func appendJSONValue(_ value: Logger.MetadataValue, to line: inout String) {
        switch value {
        case .string(let text):
            appendJSONString(text, to: &line)
        case .stringConvertible(let value):
            appendJSONString(value.description, to: &line)
        case .array(let values):
            line += "["
            for (index, value) in values.enumerated() {
                if index > 0 { line += "," }
                appendJSONValue(value, to: &line)
            }
            line += "]"
        case .dictionary(let members):
            line += "{"
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line += "," }
                appendJSONString(member.key, to: &line)
                line += ":"
                appendJSONValue(member.value, to: &line)
            }
            line += "}"
        }
    }

    private static func appendJSONString(_ text: String, to line: inout String) {
        line += "\""
        appendEscaped(text, quoting: true, to: &line)
        line += "\""
    }
}
