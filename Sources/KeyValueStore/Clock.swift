import Locks

/// The clock that says what has expired; a test has its own.
public struct StoreClock: Sendable {
    private let read: (@Sendable () -> UInt64)?

    /// The monotonic clock.
    public static let monotonic = StoreClock(read: nil)

    /// A clock that `read` reads, in nanoseconds. Called under locks: must be quick and call nothing else.
    public init(_ read: @escaping @Sendable () -> UInt64) { self.read = read }

    private init(read: (@Sendable () -> UInt64)?) { self.read = read }

    /// Nanoseconds from a moment that stays the same for as long as the process lives.
    public var now: UInt64 { read.map { $0() } ?? monotonicNanoseconds() }
}
