/// Tells how far a transfer is, on one line of a terminal that is written over and cleared at the end. Nothing is
/// written in the first second.
public struct TransferProgress {
    private let terminal: OutputFile?
    private let total: Int?
    private let start = ContinuousClock.now
    private var count = 0
    private var nextLine: ContinuousClock.Instant
    private var isShown = false

    /// Progress of a transfer of `total` bytes, where that is known. Nothing is ever shown without a terminal.
    public init(on file: OutputFile?, total: Int?) {
        terminal = file.flatMap { $0.isTerminal ? $0 : nil }
        self.total = total
        nextLine = start + .seconds(1)
    }

    /// So many more bytes have been transferred. A terminal that cannot be written to is left alone.
    public mutating func advance(by bytes: Int) {
        count += bytes
        guard let terminal else { return }
        let now = ContinuousClock.now
        guard now >= nextLine else { return }
        nextLine = now + .milliseconds(200)
        isShown = true
        try? terminal.write("\r\u{1b}[K" + Self.line(count: count, total: total, elapsed: now - start))
    }

    /// Clears the line.
    public mutating func clear() {
        if isShown { try? terminal?.write("\r\u{1b}[K") }
        isShown = false
    }

    /// `12.3 MiB of 64.0 MiB, 19 %, 6.1 MiB/s`.
    package static func line(count: Int, total: Int?, elapsed: Duration) -> String {
        var line = sizeText(Double(count))
        if let total {
            line += " of " + sizeText(Double(total))
            line += ", \(total > 0 ? Int(100 * Double(count) / Double(total)) : 100) %"
        }
        return line + ", " + sizeText(Double(count) / max(elapsed / .seconds(1), 1e-9)) + "/s"
    }
}

/// A number of bytes in the greatest unit of which there is at least one, with a decimal.
private func sizeText(_ bytes: Double) -> String {
    var value = bytes
    var unit = 0
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024, unit < units.count - 1 {
        value /= 1024
        unit += 1
    }
    if unit == 0 { return "\(Int(value)) B" }
    let tenths = Int(value * 10)
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
}
