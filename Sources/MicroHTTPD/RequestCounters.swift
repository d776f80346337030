public import HTTPMessages
import Synchronization

/// Counts of answered requests by method, route and status. Each event loop has its own, which only its thread changes,
/// so that counting is a load and a store in memory nobody else writes; the scrape sums them.
/// A handle to memory that ends with `deallocate()`: as an object, it would be retained and released for every request.
/// `@unchecked Sendable`: the memory is of atomics.
struct RequestCounters: @unchecked Sendable {
    private static let count = Method.allCases.count * RouteID.limit * Status.allCases.count
    private let counters: UnsafeMutablePointer<Atomic<UInt64>>

    init() {
        counters = .allocate(capacity: Self.count)
        for index in 0..<Self.count { (counters + index).initialize(to: Atomic(0)) }
    }

    /// Ends the counters. Nobody may use them any more.
    func deallocate() {
        counters.deinitialize(count: Self.count)
        counters.deallocate()
    }

    private static func index(_ method: Method, _ route: RouteID, _ status: Status) -> Int {
        (Int(method.rawValue) * RouteID.limit + Int(route.rawValue)) * Status.allCases.count + status.index
    }

    /// Counts one request. Called by the one thread that owns the counters.
    @inline(__always)
    func count(_ method: Method, _ route: RouteID, _ status: Status) {
        let counter = counters + Self.index(method, route, status)
        counter.pointee.store(counter.pointee.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }

    /// The requests counted so far.
    func value(_ method: Method, _ route: RouteID, _ status: Status) -> UInt64 {
        counters[Self.index(method, route, status)].load(ordering: .relaxed)
    }
}

/// How many requests were answered in one way.
public struct RequestCount: Sendable {
    /// The method of the requests.
    public let method: Method
    /// The resources that they were for.
    public let route: RouteID
    /// The answer's status.
    public let status: Status
    /// How many there were; at least one.
    public let count: UInt64
}

extension Sequence<RequestCounters> {
    /// The sums of these counters, without those that are zero. O(counters).
    func summed() -> [RequestCount] {
        var counts: [RequestCount] = []
        for method in Method.allCases {
            for route in 0..<RouteID.limit {
                let route = RouteID(rawValue: UInt8(route))
                for status in Status.allCases {
                    let count = reduce(0) { $0 + $1.value(method, route, status) }
                    if count > 0 {
                        counts.append(RequestCount(method: method, route: route, status: status, count: count))
                    }
                }
            }
        }
        return counts
    }
}
