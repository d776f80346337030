/// What one event loop has received and sent.
struct TrafficCounters: Sendable {
    enum Counter: Int, CaseIterable {
        case startedRequests, endedRequests, receivedBytes, sentBytes, lentBytes, returnedBytes
    }
    private let counters = LoopCounters(count: Counter.allCases.count)

    /// Ends the counters. Nobody may use them any more.
    func deallocate() { counters.deallocate() }

    /// Adds to a counter. On the loop's thread.
    @inline(__always)
    func add(_ amount: Int, to counter: Counter) {
        counters.add(UInt64(truncatingIfNeeded: amount), at: counter.rawValue)
    }

    /// What a counter has come to. Any thread.
    func value(of counter: Counter) -> UInt64 { counters.value(at: counter.rawValue) }
}

extension HTTPServer {
    /// What a server has received and sent.
    public struct Traffic: Sendable {
        /// Requests of which the first line has arrived, and not the last byte of the answer been sent.
        public let requestsInFlight: Int
        /// Bytes of the answers that are being sent from memory that their readers keep in use, once for each answer.
        public let responseBytesInFlight: Int
        /// Bytes of content received.
        public let requestBodyBytes: UInt64
        /// Bytes of content in the answers that were sent to their end.
        public let responseBodyBytes: UInt64
    }
}

extension Sequence<TrafficCounters> {
    /// The sums of these. O(counters).
    func summed() -> HTTPServer.Traffic {
        // What ends before what begins, so that what comes and goes in between is not counted as gone only.
        let (ended, returned) = (sum(.endedRequests), sum(.returnedBytes))
        return HTTPServer.Traffic(
            requestsInFlight: Int(Swift.max(sum(.startedRequests), ended) - ended),
            responseBytesInFlight: Int(Swift.max(sum(.lentBytes), returned) - returned),
            requestBodyBytes: sum(.receivedBytes), responseBodyBytes: sum(.sentBytes))
    }

    private func sum(_ counter: TrafficCounters.Counter) -> UInt64 { reduce(0) { $0 + $1.value(of: counter) } }
}
