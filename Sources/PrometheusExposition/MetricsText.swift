/// Metrics as text for Prometheus, family by family.
///
/// A family is begun once, which writes its `HELP` and `TYPE`, and its samples follow. Names and labels come from the
/// program, not from clients: a wrong one is a programmer's error.
public struct MetricsText {
    /// How the text is written.
    public enum Format: Sendable {
        /// The Prometheus text format 0.0.4.
        case text
        /// OpenMetrics 1.0, which leaves `_total` out of a counter's name, writes bounds as fractions, and tells its end.
        case openMetrics
    }

    private let format: Format
    private var bytes: [UInt8] = []
    /// The family that is being written, with its suffix.
    private var family = ""
    /// The names of all families, as OpenMetrics has them.
    private var names: Set<String> = []

    /// No metrics yet, with room for `capacity` bytes.
    public init(_ format: Format = .text, reserving capacity: Int = 64 * 1024) {
        self.format = format
        bytes.reserveCapacity(capacity)
    }

    /// What a family's samples mean.
    public enum Kind: String, Sendable {
        /// Only rises, from 0 at the start of the process. The name ends in `_total`.
        case counter
        /// Rises and falls.
        case gauge
        /// Counts by size.
        case histogram
    }

    /// A label and its value.
    public typealias Label = (name: String, value: String)

    /// The whole text, UTF-8. Nothing may be written after it.
    public consuming func finish() -> [UInt8] {
        if format == .openMetrics { append("# EOF\n") }
        return bytes
    }

    /// Begins a family; what is written next belongs to it.
    ///
    /// - Parameter help: what the figure tells, and what to do about it.
    public mutating func begin(_ name: String, _ kind: Kind, help: String) {
        precondition(isName(name), "metric name '\(name)'")
        precondition((kind == .counter) == name.hasSuffix("_total"), "'\(name)' as a \(kind)")
        family = name
        let bare = kind == .counter ? String(name.dropLast("_total".count)) : name
        precondition(names.insert(bare).inserted, "a second family named '\(bare)'")
        let shown = format == .openMetrics ? bare : name
        append("# HELP ")
        append(shown)
        append(" ")
        appendEscaped(help, quotes: format == .openMetrics)
        append("\n# TYPE ")
        append(shown)
        append(" ")
        append(kind.rawValue)
        append("\n")
    }

    /// A sample of the family.
    public mutating func sample(_ value: some FixedWidthInteger, _ labels: [Label] = []) {
        start("", labels)
        append(String(value))
        append("\n")
    }

    /// A sample of the family; seconds or a ratio.
    public mutating func sample(_ value: Double, _ labels: [Label] = []) {
        start("", labels)
        append(Self.text(of: value))
        append("\n")
    }

    /// A histogram of the family.
    ///
    /// - Parameters:
    ///   - bounds: inclusive upper bounds of the buckets, rising.
    ///   - counts: observations in each bucket alone, and in one more for what is above the last bound.
    ///   - sum: of all observations.
    public mutating func histogram(_ labels: [Label] = [], bounds: [Double], counts: [UInt64], sum: Double) {
        precondition(counts.count == bounds.count + 1, "\(counts.count) counts for \(bounds.count) bounds")
        var total: UInt64 = 0
        for (index, count) in counts.enumerated() {
            total += count
            start("_bucket", labels + [("le", index < bounds.count ? text(ofBound: bounds[index]) : "+Inf")])
            append(String(total))
            append("\n")
        }
        start("_sum", labels)
        append(Self.text(of: sum))
        append("\n")
        start("_count", labels)
        append(String(total))
        append("\n")
    }

    private mutating func start(_ suffix: String, _ labels: [Label]) {
        precondition(!family.isEmpty, "a sample outside any family")
        append(family)
        append(suffix)
        if !labels.isEmpty {
            var separator = "{"
            for (name, value) in labels {
                precondition(isName(name) && !name.utf8.contains(0x3a), "label name '\(name)'")
                append(separator)
                append(name)
                append("=\"")
                appendEscaped(value, quotes: true)
                append("\"")
                separator = ","
            }
            append("}")
        }
        append(" ")
    }

    private mutating func appendEscaped(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case 0x22 where quotes: append("\\\"")
            case 0x5c: append("\\\\")
            case 0x0a: append("\\n")
            default: bytes.append(byte)
            }
        }
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// OpenMetrics wants the fraction of a bound also where there is none.
    private func text(ofBound bound: Double) -> String {
        format == .openMetrics ? bound.description : Self.text(of: bound)
    }

    /// The shortest decimal that reads back as the same number.
    private static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

/// Whether `name` is a metric's name in the data model: letters, digits, `_` and `:`, with no digit first.
private func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x5f
            || $0 == 0x3a
    }
}
