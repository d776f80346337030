public import ByteBuffers
import Locks

/// Entries that have left their table while somebody still owns them, an answer that is being sent for example, and whose
/// memory they weigh on.
///
/// One table for the process, apart from the entries: few are ever pinned, and room for a reference in each would be for
/// nothing in all others.
enum PinnedEntries {
    private struct Pinned {
        let budget: MemoryBudget
        let count: Int
    }

    /// By the address of the entry's memory. A leaf: nothing else is locked, and nothing called, under it.
    private static let byAddress = AnnotatedMutex<[UInt: Pinned]>([:])

    /// Counts an entry against `budget` until its memory is freed. The caller owns the entry and has taken it out of the table.
    static func pin(_ entry: EntryMemory, of budget: MemoryBudget) {
        pin(entry.allocatedCount, at: entry.start, of: budget)
        entry.use = .departed
    }

    /// Counts memory against `budget` that has a `deinit` to call `unpin`.
    fileprivate static func pin(_ count: Int, at address: UnsafeMutableRawPointer, of budget: MemoryBudget) {
        byAddress.withLock { $0[UInt(bitPattern: address)] = Pinned(budget: budget, count: count) }
        budget.addPinned(count)
    }

    /// Ends what `pin` began. Called when the memory is freed, by any thread.
    static func unpin(at address: UnsafeMutableRawPointer) {
        let pinned = byAddress.withLock { $0.removeValue(forKey: UInt(bitPattern: address)) }
        if let pinned { pinned.budget.addPinned(-pinned.count) }
    }
}

extension MemoryBudget {
    /// Counts an entry that has left the table, if others than the caller own it. Costs one look at the reference count
    /// where nobody does. Not under a lock.
    @inline(__always)
    func noteDeparture(of entry: inout Entry) {
        if !entry.isUniquelyOwned() { PinnedEntries.pin(entry.memory, of: self) }
    }
}

/// The allocation of an answer that was made of several entries, and so is none: counts as pinned until it is sent.
public final class AnswerStorage: ByteStorage {
    deinit { PinnedEntries.unpin(at: bytes) }

    /// Counts `count` bytes against `budget` until this is freed. Once.
    func pin(_ count: Int, of budget: MemoryBudget) { PinnedEntries.pin(count, at: bytes, of: budget) }
}
