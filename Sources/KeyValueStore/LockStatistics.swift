/// What a request wants from a shard: to read an entry, or to change the table.
public enum LockOperation: Int, CaseIterable, Sendable {
    /// A look-up.
    case read
    /// A write or a removal.
    case write
}

/// How often a shard's lock was acquired and how long that took. Lives inside the state that the lock protects, so that
/// recording needs neither an atomic nor a second lock.
public struct LockStatistics: Sendable {
    /// Upper bounds of the wait histogram's buckets, in nanoseconds: 100 ns to 10 s. Longer waits have a bucket of their own.
    public static let waitBounds: [UInt64] = [
        100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
        1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    ]
    /// Seconds that `maximumWait(at:)` looks back.
    public static let maximumWindow: UInt64 = 60
    private static let windowSpan: UInt64 = 10

    /// Acquisitions of one kind.
    public struct Acquisitions: Sendable {
        /// All of them.
        public internal(set) var count: UInt64 = 0
        /// Those that found the lock held.
        public internal(set) var contendedCount: UInt64 = 0
        /// Waits of contended acquisitions, summed, in nanoseconds.
        public internal(set) var waitNanoseconds: UInt64 = 0
        /// Contended acquisitions by wait, one place a bound and one for what is longer; zero until there was one.
        var contendedBuckets: InlineArray<18, UInt64> = .init(repeating: 0)

        /// All acquisitions by wait: a place for each of `waitBounds` and one for what is longer. Acquisitions that did
        /// not have to wait are in the first.
        public var buckets: [UInt64] {
            var counts = contendedBuckets.indices.map { contendedBuckets[$0] }
            counts[0] += count - contendedCount
            return counts
        }
    }

    /// Acquisitions for look-ups.
    public private(set) var read = Acquisitions()
    /// Acquisitions for changes.
    public private(set) var write = Acquisitions()
    /// The longest wait of each of the last spans of `windowSpan` seconds, and which span that was.
    /// One more than fit into the window, because the first of them is in it in part.
    private var recentMaxima: InlineArray<7, (span: UInt64, wait: UInt64)> = .init(repeating: (0, 0))

    /// Acquisitions of one kind.
    public subscript(operation: LockOperation) -> Acquisitions {
        switch operation {
        case .read: read
        case .write: write
        }
    }

    /// Records an acquisition that did not wait.
    @inline(__always)
    mutating func recordUncontended(_ operation: LockOperation) {
        switch operation {
        case .read: read.count &+= 1
        case .write: write.count &+= 1
        }
    }

    /// Records an acquisition at `now` that waited, both in nanoseconds of one clock.
    mutating func recordContended(_ operation: LockOperation, waited: UInt64, now: UInt64) {
        let bucket = Self.waitBounds.firstIndex { waited <= $0 } ?? Self.waitBounds.count
        switch operation {
        case .read: read.recordContended(waited, bucket)
        case .write: write.recordContended(waited, bucket)
        }
        let span = now / (Self.windowSpan * 1_000_000_000)
        let place = Int(span % UInt64(recentMaxima.count))
        let longest = recentMaxima[place].span == span ? recentMaxima[place].wait : 0
        recentMaxima[place] = (span, max(longest, waited))
    }

    /// The longest wait within the last `maximumWindow` seconds before `now`, and up to one span longer, in nanoseconds.
    public func maximumWait(at now: UInt64) -> UInt64 {
        let current = now / (Self.windowSpan * 1_000_000_000)
        let spans = Self.maximumWindow / Self.windowSpan
        var longest: UInt64 = 0
        for place in recentMaxima.indices where recentMaxima[place].span + spans >= current {
            longest = max(longest, recentMaxima[place].wait)
        }
        return longest
    }
}

extension LockStatistics.Acquisitions {
    fileprivate mutating func recordContended(_ waited: UInt64, _ bucket: Int) {
        count &+= 1
        contendedCount &+= 1
        waitNanoseconds &+= waited
        contendedBuckets[bucket] &+= 1
    }
}
