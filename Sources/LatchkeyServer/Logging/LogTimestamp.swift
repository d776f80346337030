import Glibc

/// A point of wall-clock time in UTC, as precise as the log shows it.
struct LogTimestamp {
    /// Seconds since 1970-01-01T00:00:00Z, without leap seconds.
    let seconds: Int
    /// 0 to 999.
    let milliseconds: Int

    /// The current time.
    static var now: LogTimestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return LogTimestamp(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
    }

    /// Appends the time as RFC 3339 writes it: `2025-01-31T23:59:59.007Z`.
    func append(to line: inout String) {
        var seconds = seconds
        var fields = unsafe tm()
        unsafe gmtime_r(&seconds, &fields)
        let parts = unsafe [
            (fields.tm_year + 1900, 4, "-"), (fields.tm_mon + 1, 2, "-"), (fields.tm_mday, 2, "T"),
            (fields.tm_hour, 2, ":"), (fields.tm_min, 2, ":"), (fields.tm_sec, 2, "."),
        ]
        for (number, digits, separator) in parts {
            Self.append(Int(number), digits: digits, to: &line)
            line += separator
        }
        Self.append(milliseconds, digits: 3, to: &line)
        line += "Z"
    }

    private static func append(_ number: Int, digits: Int, to line: inout String) {
        let text = String(number)
        line += String(repeating: "0", count: max(0, digits - text.utf8.count))
        line += text
    }
}
