import KeyValueStore
import Logging

/// Frees what has expired, ten times a second, until the task is cancelled. Where nothing has it looks at a word a shard, and
/// where nothing ever can, at one.
func sweepExpired(_ store: ShardedStore, logger: Logger) async {
    while !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(100))
        let result = store.sweep()
        guard result.removedCount > 0 else { continue }
        logger.debug(
            "swept",
            metadata: ["removed": "\(result.removedCount)", "longest_hold_ns": "\(result.longestHold)"])
    }
}
