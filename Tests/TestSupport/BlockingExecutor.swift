import Foundation

/// Runs each job on a thread of its own, so that what blocks does not take a thread from the tasks it waits for.
private final class BlockingExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Calls `body`, which may block, on a thread of its own, as a part of the current task: what it finds wrong is the
/// current test's.
public func blocking<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
    try await withTaskExecutorPreference(BlockingExecutor()) { try await body() }
}
