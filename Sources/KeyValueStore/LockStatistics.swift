/// What a request wants from a shard: to read an entry, or to change the table.
public enum LockOperation: Int, CaseIterable, Sendable {
    /// A look-up.
    case read
    /// A write or a removal.
    case write
}

/// How often a shard's lock was acquired, how long that took, and how long it was held. Lives inside the state that the lock
/// protects, so that recording needs neither an atomic nor a second lock.
public struct LockStatistics: Sendable {
    /// Upper bounds of the histograms' buckets, in nanoseconds: 100 ns to 10 s. What is longer has a bucket of its own.
    public static let bounds: [UInt64] = [
        100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
        1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    ]

    /// How many times something lasted how long.
    public struct Durations: Sendable {
        /// How many were recorded.
        public private(set) var count: UInt64 = 0
        /// Their sum, in nanoseconds.
        public private(set) var nanoseconds: UInt64 = 0
        private var counts: InlineArray<18, UInt64> = .init(repeating: 0)

        /// How many were in each bucket: a place for each of `bounds` and one for what is longer.
        public var buckets: [UInt64] { counts.indices.map { counts[$0] } }

        fileprivate mutating func record(_ duration: UInt64) {
            count &+= 1
            nanoseconds &+= duration
            counts[LockStatistics.bounds.firstIndex { duration <= $0 } ?? LockStatistics.bounds.count] &+= 1
        }
    }

    /// Acquisitions of one kind.
    public struct Acquisitions: Sendable {
        /// Those that did not wait.
        fileprivate(set) var immediateCount: UInt64 = 0
        /// The waits of those that found the lock held.
        public fileprivate(set) var waits = Durations()

        /// All of them.
        public var count: UInt64 { immediateCount + waits.count }

        /// All acquisitions by wait: a place for each of `bounds` and one for what is longer. Acquisitions that did not have
        /// to wait are in the first.
        public var buckets: [UInt64] {
            var counts = waits.buckets
            counts[0] += immediateCount
            return counts
        }
    }

    /// Acquisitions for look-ups.
    public private(set) var read = Acquisitions()
    /// Acquisitions for changes.
    public private(set) var write = Acquisitions()
    /// How long the lock was held: of acquisitions that did not wait one in `ImmediateAcquisitions.sampleSpacing`, and all that
    /// waited, split a segment, or looked through one for a listing or a sweep.
    public private(set) var holds = Durations()
    private var longestWait = RecentMaximum()
    private var longestHold = RecentMaximum()

    /// Acquisitions of one kind.
    public subscript(operation: LockOperation) -> Acquisitions {
        switch operation {
        case .read: read
        case .write: write
        }
    }

    /// Adds acquisitions that did not wait.
    mutating func add(_ immediate: ImmediateAcquisitions) {
        read.immediateCount &+= immediate.reads
        write.immediateCount &+= immediate.writes
    }

    /// Records an acquisition at `now` that waited, both in nanoseconds of one clock.
    mutating func recordContended(_ operation: LockOperation, waited: UInt64, now: UInt64) {
        switch operation {
        case .read: read.waits.record(waited)
        case .write: write.waits.record(waited)
        }
        longestWait.record(waited, now: now)
    }

    /// Records that the lock, which was acquired at `start`, is about to be given back at `now`.
    mutating func recordHold(since start: UInt64, now: UInt64) {
        holds.record(now - start)
        longestHold.record(now - start, now: now)
    }

    /// The longest wait within the last minute before `now`, and up to ten seconds longer, in nanoseconds.
    public func maximumWait(at now: UInt64) -> UInt64 { longestWait.value(at: now) }

    /// The longest of `holds` within the last minute before `now`, and up to ten seconds longer, in nanoseconds.
    public func maximumHold(at now: UInt64) -> UInt64 { longestHold.value(at: now) }
}

/// Acquisitions that did not wait, counted apart from the rest so that they lie beside the lock.
struct ImmediateAcquisitions: Sendable {
    /// One in so many has its hold timed: reading the clock twice costs as much as a look-up.
    static let sampleSpacing: UInt64 = 128

    private(set) var reads: UInt64 = 0
    private(set) var writes: UInt64 = 0

    /// - Returns: whether the hold is to be timed.
    @inline(__always)
    mutating func record(_ operation: LockOperation) -> Bool {
        switch operation {
        case .read:
            reads &+= 1
            return reads & (Self.sampleSpacing - 1) == 0
        case .write:
            writes &+= 1
            return writes & (Self.sampleSpacing - 1) == 0
        }
    }
}
