import ByteBuffers

/// The allocation of an entry: tells where it is freed later than it left the table.
final class EntryStorage: ByteStorage {
    deinit {
        if EntryMemory(start: bytes).use == .departed { PinnedEntries.unpin(at: bytes) }
    }
}
