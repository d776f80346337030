import ByteBuffers

/// The `Date` of responses (RFC 9110 section 5.6.7), made anew when the second changes and not for every response.
public struct HTTPDate: Sendable {
    private var second: Int64 = -1
    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    private(set) var bytes = SharedBytes(copying: [])

    /// No date yet.
    public init() {}

    /// Sets the date to `now`, in seconds since 1970; a clock that is set before that counts as 1970. O(1); allocates when
    /// the second has changed.
    @inline(__always)
    public mutating func update(now: Int64) {
        let now = max(0, now)
        if now != second { render(now) }
    }

    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private mutating func render(_ now: Int64) {
        second = now
        let days = now / 86_400
        let (year, month, day) = Self.civil(daysSince1970: days)
        let time = now % 86_400
        let text =
            "\(Self.weekdays[Int(days % 7)]), \(padded(day)) \(Self.months[month - 1]) \(year) "
            + "\(padded(Int(time / 3600))):\(padded(Int(time / 60 % 60))):\(padded(Int(time % 60))) GMT"
        bytes = SharedBytes(copying: text.utf8)
    }

    /// The Gregorian date, counted in years that begin in March, so that a leap day is a year's last.
    private static func civil(daysSince1970 days: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = Int(days) + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        return (era * 400 + yearOfEra + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, day)
    }

    private func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
