public import HTTPMessages

/// How long requests took, by method, of one event loop.
struct RequestDurations: Sendable {
    /// Methods that few requests have are taken together, as `Method.unknown`.
    static let methods: [Method] = [.get, .head, .put, .delete, .post, .unknown]
    /// For each method a place for each of `HTTPServer.durationBounds`, one for what is longer, and one for the sum.
    private static let places = HTTPServer.durationBounds.count + 2
    private let counters = LoopCounters(count: methods.count * places)

    /// Ends the counters. Nobody may use them any more.
    func deallocate() { counters.deallocate() }

    /// Records a request. On the loop's thread.
    @inline(__always)
    func record(_ method: Method, nanoseconds: UInt64) {
        let start = Self.row(of: method) &* Self.places
        counters.add(1, at: start &+ Self.bucket(nanoseconds))
        counters.add(nanoseconds, at: start &+ Self.places &- 1)
    }

    @inline(__always)
    private static func row(of method: Method) -> Int {
        switch method {
        case .get: 0
        case .head: 1
        case .put: 2
        case .delete: 3
        case .post: 4
        default: 5
        }
    }

    @inline(__always)
    private static func bucket(_ nanoseconds: UInt64) -> Int {
        // Where nearly all of them are.
        nanoseconds <= 50_000 ? 0 : laterBucket(nanoseconds)
    }

    @inline(never)
    private static func laterBucket(_ nanoseconds: UInt64) -> Int {
        let bounds = HTTPServer.durationBounds
        return bounds.firstIndex { nanoseconds <= $0 } ?? bounds.count
    }

    fileprivate func add(to sums: inout [UInt64], row: Int) {
        for place in 0..<Self.places { sums[place] += counters.value(at: row * Self.places + place) }
    }

    fileprivate static var noSums: [UInt64] { Array(repeating: 0, count: places) }
}

extension HTTPServer {
    /// Upper bounds of `DurationCounts.buckets`, in nanoseconds: 50 us to 30 s.
    public static let durationBounds: [UInt64] = [
        50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 100_000_000,
        250_000_000, 1_000_000_000, 5_000_000_000, 30_000_000_000,
    ]

    /// How long the requests of one method took, from the request line to the last byte of the answer.
    public struct DurationCounts: Sendable {
        /// The method; `unknown` stands for all that have no counts of their own.
        public let method: Method
        /// How many took how long: a place for each of `durationBounds` and one for what is longer.
        public let buckets: [UInt64]
        /// The sum, in nanoseconds.
        public let nanoseconds: UInt64
    }
}

extension Sequence<RequestDurations> {
    /// The sums of these, for the methods that there were requests of. O(counters).
    func summed() -> [HTTPServer.DurationCounts] {
        RequestDurations.methods.enumerated().compactMap { row, method in
            var sums = RequestDurations.noSums
            for durations in self { durations.add(to: &sums, row: row) }
            let nanoseconds = sums.removeLast()
            guard sums.contains(where: { $0 > 0 }) else { return nil }
            return HTTPServer.DurationCounts(method: method, buckets: sums, nanoseconds: nanoseconds)
        }
    }
}
