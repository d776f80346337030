import Glibc

/// Seconds from the moment that so many threads are let go until all have returned from `body`, which is called with the
/// thread's number. What it returns keeps the compiler from leaving work out.
func secondsOnThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Int) -> Double {
    let barrier = UnsafeMutablePointer<pthread_barrier_t>.allocate(capacity: 1)
    pthread_barrier_init(barrier, nil, UInt32(count + 1))
    defer {
        pthread_barrier_destroy(barrier)
        barrier.deallocate()
    }
    let threads = (0..<count).map { number in
        let work = ThreadWork(barrier) { body(number) }
        var thread = pthread_t()
        let failure = pthread_create(&thread, nil, runThread, Unmanaged.passRetained(work).toOpaque())
        precondition(failure == 0, "pthread_create: \(failure)")
        return thread
    }
    pthread_barrier_wait(barrier)
    let clock = ContinuousClock()
    let start = clock.now
    for thread in threads { pthread_join(thread, nil) }
    return (clock.now - start) / .seconds(1)
}

private final class ThreadWork {
    private let barrier: UnsafeMutablePointer<pthread_barrier_t>
    private let body: () -> Int
    private var result = 0

    init(_ barrier: UnsafeMutablePointer<pthread_barrier_t>, _ body: @escaping () -> Int) {
        self.barrier = barrier
        self.body = body
    }

    func run() {
        pthread_barrier_wait(barrier)
        result = body()
    }
}

private func runThread(_ work: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    Unmanaged<ThreadWork>.fromOpaque(work!).takeRetainedValue().run()
    return nil
}
