/// What a queue remembers of an entry: one word, and nothing that must be kept up while the entry is read, written over or
/// removed. An item whose entry has gone is passed over when its turn comes.
///
/// 40 low bits of the key's hash, by which the table finds the entry, and 24 of its version, which tell it from what was
/// written under the key before and after.
struct QueuedEntry: Equatable {
    let word: UInt64

    init(word: UInt64) { self.word = word }

    @inline(__always)
    init(hash: UInt64, version: UInt64) { word = hash &<< 24 | version & 0xff_ffff }

    /// 40 bits of the hash: those that the table uses, and more.
    @inline(__always)
    var hash: UInt64 { word &>> 24 }

    @inline(__always)
    func hasVersion(_ version: UInt64) -> Bool { (word ^ version) & 0xff_ffff == 0 }
}

/// A block of a queue, 1 KiB: a link to the next one, and items.
///
/// A handle to memory that a chain or `SpareBlocks` owns.
struct QueueBlock {
    static let capacity = 127
    /// Bytes that the allocator takes for it.
    static let allocatedCount = (capacity + 1) * 8 + 16

    fileprivate let words: UnsafeMutablePointer<UInt64>

    static func allocate() -> QueueBlock {
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity + 1)
        words.initialize(repeating: 0, count: capacity + 1)
        return QueueBlock(words: words)
    }

    func deallocate() { words.deallocate() }

    var next: QueueBlock? {
        get { UnsafeMutablePointer(bitPattern: UInt(words[0])).map { QueueBlock(words: $0) } }
        nonmutating set { words[0] = newValue.map { UInt64(UInt(bitPattern: $0.words)) } ?? 0 }
    }

    subscript(position: Int) -> QueuedEntry {
        get { QueuedEntry(word: words[position + 1]) }
        nonmutating set { words[position + 1] = newValue.word }
    }

    /// Frees the block and those that follow it.
    func deallocateAll() {
        var block: QueueBlock? = self
        while let current = block {
            block = current.next
            current.deallocate()
        }
    }
}

/// Blocks that are in no queue.
struct SpareBlocks: ~Copyable {
    private var top: QueueBlock?
    private(set) var count = 0

    deinit { top?.deallocateAll() }

    mutating func add(_ block: QueueBlock) {
        block.next = top
        top = block
        count += 1
    }

    mutating func take() -> QueueBlock? {
        guard let block = top else { return nil }
        top = block.next
        block.next = nil
        count -= 1
        return block
    }
}

/// Items in the order in which they came, in linked blocks. All operations are O(1) and allocate nothing.
struct QueueChain: ~Copyable {
    private var head: QueueBlock?
    private var tail: QueueBlock?
    /// Where the first item is in `head`, and where the next goes in `tail`.
    private var first = 0
    private var end = 0
    private(set) var count = 0

    deinit { head?.deallocateAll() }

    /// Whether the next item needs another block.
    var isTailFull: Bool { tail == nil || end == QueueBlock.capacity }

    /// - Precondition: there is a spare block, or the tail is not full.
    mutating func push(_ item: QueuedEntry, _ spares: inout SpareBlocks) {
        if isTailFull {
            guard let block = spares.take() else { preconditionFailure("no block for a queue of \(count)") }
            if let tail { tail.next = block } else { (head, first) = (block, 0) }
            (tail, end) = (block, 0)
        }
        tail![end] = item
        end += 1
        count += 1
    }

    mutating func pop(_ spares: inout SpareBlocks) -> QueuedEntry? {
        guard count > 0, let block = head else { return nil }
        let item = block[first]
        first += 1
        count -= 1
        if count == 0 || first == QueueBlock.capacity {
            (head, first) = (block.next, 0)
            if head == nil { tail = nil }
            spares.add(block)
        }
        return item
    }
}
