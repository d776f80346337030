public import ByteBuffers

/// How long a value is to live, as a client says it: decimal seconds, with a fraction or without.
public struct TimeToLive: Sendable, Equatable {
    /// The longest: ten years of 365.25 days, in seconds.
    public static let maximumSeconds = 315_576_000

    /// At least 1, and at most `maximumSeconds` of them.
    public let nanoseconds: UInt64

    /// Reads digits, and after a point the digits of a fraction, of which the first nine count. O(n).
    ///
    /// - Throws: 400 for anything else, for less than a nanosecond and for more than `maximumSeconds`.
    public init(_ text: BorrowedBytes) throws(Problem) {
        let limit = UInt64(Self.maximumSeconds) * 1_000_000_000
        guard let nanoseconds = Self.nanoseconds(in: text), nanoseconds > 0, nanoseconds <= limit else {
            throw Problem(
                .badRequest,
                "ttl '\(text.excerpt())' is not a number of seconds above 0 and at most \(Self.maximumSeconds)")
        }
        self.nanoseconds = nanoseconds
    }

    /// The same as `duration`, nil where that is not more than zero.
    ///
    /// - Precondition: at most `maximumSeconds`.
    public init?(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        guard duration > .zero, seconds > 0 || attoseconds >= 1_000_000_000 else { return nil }
        precondition(seconds <= Self.maximumSeconds, "a time to live of \(seconds) s")
        nanoseconds = UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }

    private static func nanoseconds(in text: BorrowedBytes) -> UInt64? {
        let point = text.firstPosition(of: UInt8(ascii: ".")) ?? text.count
        guard let seconds = text.slice(0..<point).saturatedNumber, seconds <= maximumSeconds else { return nil }
        var nanoseconds = UInt64(seconds) * 1_000_000_000
        if point == text.count { return nanoseconds }
        let fraction = text.slice(point + 1..<text.count)
        guard fraction.saturatedNumber != nil else { return nil }
        var place: UInt64 = 100_000_000
        for digit in fraction.prefix(9) {
            nanoseconds += UInt64(digit - 0x30) * place
            place /= 10
        }
        return nanoseconds
    }
}
