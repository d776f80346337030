import Locks

/// Work that would hold an event loop for too long: done one after the other, in the order it came, by a thread that lives as long
/// as there is some.
public final class WorkQueue: Sendable {
    private let state = AnnotatedMutex(State())

    private struct State {
        /// In their order; those before `next` are done.
        var jobs: [@Sendable () -> Void] = []
        var next = 0
        var isRunning = false

        mutating func take() -> (@Sendable () -> Void)? {
            guard next < jobs.count else {
                jobs.removeAll()
                next = 0
                isRunning = false
                return nil
            }
            let job = jobs[next]
            // What the job holds goes with it.
            jobs[next] = {}
            next += 1
            return job
        }
    }

    /// A queue without work, and without a thread.
    public init() {}

    /// Has `job` done by the thread, or, where the system has none, at once. O(1), but for the start of the thread. Any thread.
    public func add(_ job: @escaping @Sendable () -> Void) {
        let mustStart = state.withLock { state in
            state.jobs.append(job)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard mustStart else { return }
        do {
            try detachThread("working") { self.run() }
        } catch {
            run()
        }
    }

    private func run() {
        while let job = state.withLock({ $0.take() }) { job() }
    }
}
