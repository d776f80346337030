import CAllocator
import KeyValueStore
import Logging

/// Frees what has expired, ten times a second, and gives memory back to the system that the store does not need any more,
/// until the task is cancelled. Where nothing has expired it looks at a word a shard, and where nothing ever can, at one.
func keepHouse(_ store: ShardedStore, logger: Logger) async {
    var memory = MemoryMark()
    var turn = 0
    while !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(100))
        let result = store.sweep()
        if result.removedCount > 0 {
            logger.debug(
                "swept",
                metadata: ["removed": "\(result.removedCount)", "longest_hold_ns": "\(result.longestHold)"])
        }
        turn += 1
        guard turn.isMultiple(of: 10), memory.mustTrim(payload: store.payloadBytes) else { continue }
        // The allocator keeps what lies between blocks in use, and gives it back only when it is told to.
        let start = monotonicNanoseconds()
        latchkey_return_free_memory()
        logger.debug("trimmed", metadata: ["ns": "\(monotonicNanoseconds() - start)"])
    }
}

/// The most that the store has held since memory was last given back.
struct MemoryMark {
    /// Bytes by which the payload must have fallen; less is soon in use again.
    static let threshold = 64 << 20
    private var highest = 0
    private var last = 0

    /// Whether the payload, asked for from time to time, has fallen far enough below its mark, and falls no more: what
    /// keeps falling is waited for, since giving memory back takes the allocator's locks for a while.
    mutating func mustTrim(payload: Int) -> Bool {
        defer { last = payload }
        highest = max(highest, payload)
        guard highest - payload >= Self.threshold, payload >= last else { return false }
        highest = payload
        return true
    }
}
