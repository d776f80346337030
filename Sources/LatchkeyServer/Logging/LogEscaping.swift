/// Appends `text` to `line` with every control character written as RFC 8259 section 7 escapes it, so that the line
/// stays one line, and no one who chooses a logged text can steer the terminal that shows it.
///
/// C1 controls are escaped as well: terminals obey them. With `quoting`, the quotes are escaped too, so that the
/// result can stand between two of them.
func appendEscaped(_ text: some StringProtocol, quoting: Bool, to line: inout String) {
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": line += "\\\\"
        case "\"": line += quoting ? "\\\"" : "\""
        case "\n": line += "\\n"
        case "\r": line += "\\r"
        case "\t": line += "\\t"
        case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}"..."\u{2029}":
            let digits = String(scalar.value, radix: 16)
            line += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        default: line.unicodeScalars.append(scalar)
        }
    }
}
