public import HTTPMessages

/// Counts of answered requests by method, route and status, of one event loop.
struct RequestCounters: Sendable {
    private let counters = LoopCounters(count: Method.allCases.count * RouteID.limit * Status.allCases.count)

    /// Ends the counters. Nobody may use them any more.
    func deallocate() { counters.deallocate() }

    private static func index(_ method: Method, _ route: RouteID, _ status: Status) -> Int {
        (Int(method.rawValue) * RouteID.limit + Int(route.rawValue)) * Status.allCases.count + status.index
    }

    /// Counts one request. On the loop's thread.
    @inline(__always)
    func count(_ method: Method, _ route: RouteID, _ status: Status) {
        counters.add(1, at: Self.index(method, route, status))
    }

    /// The requests counted so far.
    func value(_ method: Method, _ route: RouteID, _ status: Status) -> UInt64 {
        counters.value(at: Self.index(method, route, status))
    }
}

/// How many requests were answered in one way.
public struct RequestCount: Sendable {
    /// The method of the requests; `unknown` stands for all that no resource allows.
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
        for method in [Method.get, .head, .put, .delete, .options, .post, .unknown] {
            // Those that no resource allows would be many figures of no interest.
            let counted: [Method] = method == .unknown ? [.patch, .trace, .connect, .unknown] : [method]
            for route in 0..<RouteID.limit {
                let route = RouteID(rawValue: UInt8(route))
                for status in Status.allCases {
                    let count = reduce(0) { sum, counters in
                        counted.reduce(sum) { $0 + counters.value($1, route, status) }
                    }
                    if count > 0 {
                        counts.append(RequestCount(method: method, route: route, status: status, count: count))
                    }
                }
            }
        }
        return counts
    }
}
