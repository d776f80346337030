import Glibc
import TestSupport

/// Runs `body` so many times, each on a thread of its own, all let go at one moment; returns the results in order.
func atOnce<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) -> Result
) async throws -> [Result] {
    let start = StartingLine(count)
    return try await blocking {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            for number in 0..<count {
                group.addTask {
                    start.wait()
                    return (number, body(number))
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }.sorted { $0.key < $1.key }.map(\.value)
        }
    }
}

/// Lets nobody go before all have come. `@unchecked Sendable`: the barrier is made to be shared by threads.
private final class StartingLine: @unchecked Sendable {
    private let barrier = UnsafeMutablePointer<pthread_barrier_t>.allocate(capacity: 1)

    init(_ count: Int) { pthread_barrier_init(barrier, nil, UInt32(count)) }

    func wait() { pthread_barrier_wait(barrier) }

    deinit {
        pthread_barrier_destroy(barrier)
        barrier.deallocate()
    }
}
