import CAllocator
import KeyValueStore
import Locks
import Logging

/// Frees what has expired, ten times a second, evicts what uploads and slow readers have no room beside, and gives memory back to the system that the store does not need any more,
/// until the task is cancelled. Asks each shard for its counters, and where something may have expired, looks at its table.
func keepHouse(_ store: ShardedStore, logger: Logger) async {
    var memory = MemoryMark()
    var turn = 0
    while !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(100))
        let result = store.sweep()
        store.evictExcess()
        if result.removedCount > 0 {
            logger.debug(
                "swept",
                metadata: [
                    "removed": "\(result.removedCount)", "steps": "\(result.stepCount)",
                    "longest_hold_ns": "\(result.longestHold)",
                ])
        }
        memory.note(payload: store.payloadBytes)
        turn += 1
        // Once a second at most, since it takes the allocator's locks for a while.
        guard turn.isMultiple(of: 10), memory.mustTrim() else { continue }
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
    private var current = 0
    private var isFalling = false

    /// Takes down what the store holds.
    mutating func note(payload: Int) {
        isFalling = payload < current
        current = payload
        highest = max(highest, payload)
    }

    /// Whether the payload has fallen far enough below its mark, and falls no more: what keeps falling is waited for. Where
    /// it has, the mark starts anew.
    mutating func mustTrim() -> Bool {
        guard !isFalling, highest - current >= Self.threshold else { return false }
        highest = current
        return true
    }
}
