/// Sizes and durations as people write them: a decimal number and a unit, `64MiB` or `1.5s`.
enum Quantity {
    /// Number of bytes for each unit, in lower case.
    static let sizeUnits = [
        "": 1, "b": 1,
        "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
        "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000,
    ]

    /// Number of nanoseconds for each unit, in lower case. A bare number counts seconds.
    static let durationUnits = [
        "ms": 1_000_000, "": 1_000_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
    ]

    /// The number in `text` times its unit; nil where `text` is no such thing, overflows, or leaves a remainder
    /// (half a byte).
    static func parse(_ text: String, units: [String: Int]) -> Int? {
        let bytes = text.utf8
        let whole = bytes.prefix(while: isDigit)
        var rest = bytes[whole.endIndex...]
        var fraction = rest.prefix(0)
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: isDigit)
            // Nine digits spell nanoseconds; more could overflow the power of ten below.
            guard (1...9).contains(fraction.count) else { return nil }
            rest = bytes[fraction.endIndex...]
        }
        guard let number = Int(Substring(whole)), let unit = units[Substring(rest).lowercased()] else { return nil }
        let scaled = number.multipliedReportingOverflow(by: unit)
        guard !scaled.overflow else { return nil }
        guard let part = fractionOf(unit, digits: Substring(fraction)) else { return nil }
        let sum = scaled.partialValue.addingReportingOverflow(part)
        return sum.overflow ? nil : sum.partialValue
    }

    /// `0.digits` times `unit`; nil where that is no whole number.
    private static func fractionOf(_ unit: Int, digits: Substring) -> Int? {
        guard let numerator = Int(digits) else { return 0 }
        let denominator = digits.utf8.reduce(1) { power, _ in power * 10 }
        let (quotient, remainder) = denominator.dividingFullWidth(numerator.multipliedFullWidth(by: unit))
        return remainder == 0 ? quotient : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
