/// A shard's queues for the eviction policy, S3-FIFO: newcomers, which must prove their worth soon, regulars, and the hashes of
/// newcomers that did not.
///
/// Knows no entries: what an item stands for, and whether that is still there, is the shard's to say. Allocates nothing by itself:
/// `Room` brings what it needs.
struct Eviction: ~Copyable, @unchecked Sendable {
    // `@unchecked`: guarded by the shard's lock, as the table is.
    private var newcomers = EvictionQueue()
    private var regulars = EvictionQueue()
    private var spares = SpareBlocks()
    private var ghosts = GhostHashes()
    private var compactsRegulars = false
    /// Regulars that were let pass since the last entry was evicted.
    private var passedCount = 0
    /// After so many the next one goes, whatever its use: the work for one write has a bound.
    private static let mostPassed = 256

    /// Items in the queues, of entries that are there and of such as have gone.
    var itemCount: Int { newcomers.count + regulars.count }

    /// Adds an entry that was written. Its use says which queue is its.
    mutating func push(_ item: QueuedEntry, _ use: EntryUse) {
        if use.isNewcomer { newcomers.push(item, &spares) } else { regulars.push(item, &spares) }
    }

    /// How an entry begins that was not there.
    func firstUse(hash: UInt64) -> EntryUse { ghosts.contains(hash & 0xff_ffff_ffff) ? .regular : .newcomer }

    /// The next item to be looked at, nil where there is none.
    mutating func next(prefersNewcomers: Bool) -> QueuedEntry? {
        if prefersNewcomers { return newcomers.pop(&spares) ?? regulars.pop(&spares) }
        return regulars.pop(&spares) ?? newcomers.pop(&spares)
    }

    /// Decides on an entry whose turn has come, and queues it again where it stays.
    ///
    /// - Returns: how the entry stands from now on; nil where it is to go.
    mutating func judge(_ item: QueuedEntry, _ use: EntryUse) -> EntryUse? {
        let hasRoom = spares.count > 0 || !regulars.isTailFull
        if use.isNewcomer, use.isProven, hasRoom {
            regulars.push(item, &spares)
            return .promoted
        }
        if !use.isNewcomer, use > .regular, hasRoom, passedCount < Self.mostPassed {
            passedCount += 1
            regulars.push(item, &spares)
            return use.lowered
        }
        passedCount = 0
        if use.isNewcomer { ghosts.insert(item.hash) }
        return nil
    }
}

// MARK: Items of entries that have gone

extension Eviction {
    /// Whether so many items are of entries that have gone that some should be thrown out: the queues of a table in which all is
    /// written over and nothing is evicted would grow for ever.
    @inline(__always)
    func isWasteful(entryCount: Int) -> Bool { itemCount > 2 * entryCount + 1024 }

    /// The next item to be asked for: where its entry is still there it is to be given back to `keep`. The queues take turns.
    mutating func nextForCompaction() -> QueuedEntry? {
        // A block for what is kept.
        guard spares.count > 1 else { return nil }
        let item = compactsRegulars ? regulars.nextForCompaction(&spares) : newcomers.nextForCompaction(&spares)
        if item == nil { compactsRegulars.toggle() }
        return item
    }

    mutating func keep(_ item: QueuedEntry) {
        if compactsRegulars { regulars.keep(item, &spares) } else { newcomers.keep(item, &spares) }
    }
}

/// A queue that can be rid of items in steps, and stays in order meanwhile.
private struct EvictionQueue: ~Copyable {
    /// What was kept of those that were asked for; in front of all others.
    private var front = QueueChain()
    private var back = QueueChain()

    var count: Int { front.count + back.count }
    var isTailFull: Bool { back.isTailFull }

    mutating func push(_ item: QueuedEntry, _ spares: inout SpareBlocks) { back.push(item, &spares) }

    mutating func pop(_ spares: inout SpareBlocks) -> QueuedEntry? { front.pop(&spares) ?? back.pop(&spares) }

    /// Nil where all have been asked for.
    mutating func nextForCompaction(_ spares: inout SpareBlocks) -> QueuedEntry? {
        if let item = back.pop(&spares) { return item }
        swap(&front, &back)
        return nil
    }

    mutating func keep(_ item: QueuedEntry, _ spares: inout SpareBlocks) { front.push(item, &spares) }
}

// MARK: Room

extension Eviction {
    /// Memory for the queues, allocated before the lock is taken; what they have no use for is freed after.
    struct Room: ~Copyable, @unchecked Sendable {
        // `@unchecked`: one thread's at a time.
        fileprivate var blocks = SpareBlocks()
        fileprivate var ghosts: GhostHashes.Memory?

        init(_ needs: Needs) {
            for _ in 0..<needs.blockCount { blocks.add(.allocate()) }
            ghosts = needs.ghostSetCount.map { .allocate(setCount: $0) }
        }

        deinit { ghosts?.deallocate() }
    }

    /// What `Room` is to bring.
    struct Needs: Sendable {
        var blockCount: Int
        var ghostSetCount: Int?
    }

    /// What is needed before an entry can be written into a table of so many; nil for nothing.
    @inline(__always)
    func needs(entryCount: Int) -> Needs? {
        let ghostSetCount = ghosts.missingSetCount(entryCount: entryCount)
        if spares.count >= 2, ghostSetCount == nil { return nil }
        return Needs(blockCount: spares.count < 2 ? 4 : 0, ghostSetCount: ghostSetCount)
    }

    /// Takes what `room` brings.
    ///
    /// - Returns: bytes that the queues take more than before.
    mutating func take(_ room: inout Room) -> Int {
        var count = 0
        while let block = room.blocks.take() {
            spares.add(block)
            count += QueueBlock.allocatedCount
        }
        guard let given = room.ghosts else { return count }
        room.ghosts = ghosts.exchange(given)
        return count + given.allocatedCount - (room.ghosts?.allocatedCount ?? 0)
    }
}
