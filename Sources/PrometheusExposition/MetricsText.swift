/// Metrics in the Prometheus text format 0.0.4, family by family.
///
/// A family is begun once, which writes its `HELP` and `TYPE`, and its samples follow. Names and labels come from the
/// program, not from clients: a wrong one is a programmer's error.
public struct MetricsText {
    /// The text so far, UTF-8.
    public private(set) var bytes: [UInt8] = []
    private var family = ""

    /// No metrics yet, with room for `capacity` bytes.
    public init(reserving capacity: Int = 64 * 1024) { bytes.reserveCapacity(capacity) }

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

    /// Begins a family; what is written next belongs to it.
    ///
    /// - Parameter help: what the figure tells, and what to do about it.
    public mutating func begin(_ name: String, _ kind: Kind, help: String) {
        precondition(isName(name), "metric name '\(name)'")
        precondition((kind == .counter) == name.hasSuffix("_total"), "'\(name)' as a \(kind)")
        family = name
        append("# HELP ")
        append(name)
        append(" ")
        for byte in help.utf8 {
            switch byte {
            case 0x5c: append("\\\\")
            case 0x0a: append("\\n")
            default: bytes.append(byte)
            }
        }
        append("\n# TYPE ")
        append(name)
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
            let bound = index < bounds.count ? Self.text(of: bounds[index]) : "+Inf"
            start("_bucket", labels + [("le", bound)])
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
                precondition(isName(name) && !name.contains(":"), "label name '\(name)'")
                append(separator)
                append(name)
                append("=\"")
                appendEscaped(value)
                append("\"")
                separator = ","
            }
            append("}")
        }
        append(" ")
    }

    private mutating func appendEscaped(_ value: String) {
        for byte in value.utf8 {
            switch byte {
            case 0x22: append("\\\"")
            case 0x5c: append("\\\\")
            case 0x0a: append("\\n")
            default: bytes.append(byte)
            }
        }
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

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
