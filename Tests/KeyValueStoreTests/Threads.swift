import Glibc

/// Runs `body` on so many threads of its own, all let go at one moment, and returns what each returned, in order.
///
/// What a thread finds wrong it returns: only the test's own thread knows which test it belongs to.
func onThreads<Result: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> Result) -> [Result] {
    let start = UnsafeMutablePointer<pthread_barrier_t>.allocate(capacity: 1)
    pthread_barrier_init(start, nil, UInt32(count))
    defer {
        pthread_barrier_destroy(start)
        start.deallocate()
    }
    let tasks = (0..<count).map { index in ThreadTask(start: start) { body(index) } }
    let threads = tasks.map { task in
        var thread = pthread_t()
        let failure = pthread_create(&thread, nil, runThreadTask, Unmanaged.passRetained(task).toOpaque())
        precondition(failure == 0, "pthread_create: \(failure)")
        return thread
    }
    for thread in threads { pthread_join(thread, nil) }
    return tasks.map { $0.result! }
}

/// Written by its thread, read after that thread has been joined.
private final class ThreadTask<Result>: Runnable, @unchecked Sendable {
    private let start: UnsafeMutablePointer<pthread_barrier_t>
    private let body: () -> Result
    private(set) var result: Result?

    init(start: UnsafeMutablePointer<pthread_barrier_t>, body: @escaping () -> Result) {
        self.start = start
        self.body = body
    }

    override func run() {
        pthread_barrier_wait(start)
        result = body()
    }
}

private class Runnable {
    func run() {}
}

private func runThreadTask(_ task: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    Unmanaged<Runnable>.fromOpaque(task!).takeRetainedValue().run()
    return nil
}
