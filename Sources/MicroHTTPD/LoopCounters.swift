import Synchronization

/// Counters of one event loop, which its thread alone raises and any thread reads: raising one is a load and a store in
/// memory that nobody else writes, and the scrape sums them.
///
/// A handle to memory that ends with `deallocate()`: as an object, it would be retained and released for every request.
/// `@unchecked Sendable`: the memory is of atomics.
struct LoopCounters: @unchecked Sendable {
    private let counters: UnsafeMutablePointer<Atomic<UInt64>>
    private let count: Int

    /// So many counters, all 0.
    init(count: Int) {
        self.count = count
        counters = .allocate(capacity: count)
        for index in 0..<count { (counters + index).initialize(to: Atomic(0)) }
    }

    /// Ends the counters. Nobody may use them any more.
    func deallocate() {
        counters.deinitialize(count: count)
        counters.deallocate()
    }

    /// Raises the counter at `index`. Called by the one thread that owns the counters.
    @inline(__always)
    func add(_ amount: UInt64, at index: Int) {
        let counter = counters + index
        counter.pointee.store(counter.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    /// What the counter at `index` has come to. Any thread.
    func value(at index: Int) -> UInt64 { counters[index].load(ordering: .relaxed) }
}
