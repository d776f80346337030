import ByteBuffers
import Synchronization

@testable import KeyValueStore

/// How much of a test's work to do: ThreadSanitizer makes all of it some ten times slower.
#if THREAD_SANITIZER
    let workScale = 1
#else
    let workScale = 2
#endif

/// Calls `body` with a view of `bytes`.
func borrowing<Result>(_ bytes: [UInt8], _ body: (BorrowedBytes) throws -> Result) rethrows -> Result {
    try bytes.withUnsafeBytes { try body(BorrowedBytes($0)) }
}

/// A sealed entry.
func makeEntry(
    _ key: [UInt8], _ value: [UInt8] = [], attributes: [UInt8] = [], deadline: UInt64? = nil
) -> Entry {
    borrowing(key) { key in
        borrowing(attributes) { attributes in
            var builder = Entry.start(
                key: key, attributes: attributes, hasDeadline: deadline != nil, valueCount: value.count,
                maximumValueCount: value.count)
            let fits = borrowing(value) { builder.append($0) }
            precondition(fits)
            let entry = Entry(sealing: builder)
            if let deadline { entry.setDeadline(deadline) }
            return entry
        }
    }
}

/// A clock that stands still until it is moved.
final class HandClock: Sendable {
    private let nanoseconds = Atomic<UInt64>(1_000)

    var now: UInt64 { nanoseconds.load(ordering: .relaxed) }
    func advance(by step: UInt64) { nanoseconds.add(step, ordering: .relaxed) }
    var clock: StoreClock { StoreClock { self.now } }
}

extension SharedBytes {
    var array: [UInt8] { withBorrowedBytes { Array($0) } }
}

extension UInt64 {
    /// The eight bytes, lowest first.
    var bytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self &>> ($0 * 8)) } }

    init(bytes: some Collection<UInt8>) {
        self = bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension ShardedStore {
    func entry(for key: [UInt8]) -> Entry? { borrowing(key) { entry(for: $0) } }

    func remove(_ key: [UInt8], if condition: WriteCondition? = nil) -> RemoveOutcome {
        borrowing(key) { remove($0, if: condition) }
    }

    /// The shards' counts, summed.
    var totalCounts: ShardCounts {
        (0..<shardCount).reduce(into: ShardCounts()) { total, index in
            let counts = statistics(ofShard: index).counts
            total.keys += counts.keys
            total.keyBytes += counts.keyBytes
            total.valueBytes += counts.valueBytes
            total.hits += counts.hits
            total.misses += counts.misses
            total.expired += counts.expired
        }
    }
}

extension ShardedStore.PutOutcome {
    /// The version that the write gave the key, or nil where it did not happen.
    var newVersion: UInt64? {
        switch self {
        case .created(let version), .replaced(let version): version
        case .conditionFailed, .full: nil
        }
    }

    var hasCreated: Bool {
        if case .created = self { true } else { false }
    }
}

/// What is left of an entry when nobody owns it.
struct WeakEntry {
    private weak var storage: ByteStorage?

    init(_ entry: Entry) { storage = entry.storage }

    var isFreed: Bool { storage == nil }
}
