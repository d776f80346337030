/// The largest of the durations that were recorded in the last minute.
struct RecentMaximum: Sendable {
    /// Seconds that `value(at:)` looks back.
    private static let window: UInt64 = 60
    private static let span: UInt64 = 10

    /// The largest of each of the last spans, and which span that was. One more than fit into the window, because the first
    /// of them is in it in part.
    private var spans: InlineArray<7, (number: UInt64, largest: UInt64)> = .init(repeating: (0, 0))

    /// Records a duration that ended at `now`, both in nanoseconds.
    mutating func record(_ duration: UInt64, now: UInt64) {
        let number = Self.number(at: now)
        let place = Int(number % UInt64(spans.count))
        let known = spans[place].number == number ? spans[place].largest : 0
        spans[place] = (number, max(known, duration))
    }

    /// The largest within the last minute before `now`, and up to one span longer.
    func value(at now: UInt64) -> UInt64 {
        let current = Self.number(at: now)
        var largest: UInt64 = 0
        for place in spans.indices where spans[place].number + Self.window / Self.span >= current {
            largest = max(largest, spans[place].largest)
        }
        return largest
    }

    private static func number(at now: UInt64) -> UInt64 { now / (span * 1_000_000_000) }
}
