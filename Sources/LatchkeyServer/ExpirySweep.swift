import CAllocator
import KeyValueStore
import Logging

/// Frees what has expired, ten times a second, until the task is cancelled. Where nothing has it looks at a word a shard, and
/// where nothing ever can, at one.
func sweepExpired(_ store: ShardedStore, logger: Logger) async {
    var untrimmedBytes = 0
    while !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(100))
        let result = store.sweep()
        untrimmedBytes += result.removedBytes
        if result.removedCount > 0 {
            logger.debug(
                "swept",
                metadata: ["removed": "\(result.removedCount)", "longest_hold_ns": "\(result.longestHold)"])
        } else if untrimmedBytes >= trimThreshold {
            // The allocator keeps what lies between blocks in use, and gives it back to the system only when it is told to.
            let start = monotonicNanoseconds()
            latchkey_return_free_memory()
            logger.debug(
                "trimmed", metadata: ["bytes": "\(untrimmedBytes)", "ns": "\(monotonicNanoseconds() - start)"])
            untrimmedBytes = 0
        }
    }
}

/// Bytes of expired entries after which the allocator is asked to give memory back; less is soon in use again.
private let trimThreshold = 64 << 20
