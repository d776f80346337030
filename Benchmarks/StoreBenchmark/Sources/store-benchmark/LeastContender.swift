import ByteBuffers
import Glibc
import KeyValueStore

/// The least that a store with locks and an allocation for each entry can do, which bounds the others where each thread has a core.
///
/// No hash and no probe, since the number in the key is its place; no counts, no versions, no limit, and no waiting but spinning.
final class LeastContender: Contender, @unchecked Sendable {
    // `@unchecked`: a place is touched only under the lock of its stripe.
    private static let stripes = 64
    /// Each lock lies in a line of the cache of its own.
    private static let lockDistance = 128 / MemoryLayout<pthread_spinlock_t>.stride

    private let entries: UnsafeMutablePointer<Entry?>
    // A lock of C's, since the compiler may move the counting of a reference past one that it can see into.
    private let locks: UnsafeMutablePointer<pthread_spinlock_t>

    init() {
        entries = .allocate(capacity: KeySet.count)
        entries.initialize(repeating: nil, count: KeySet.count)
        locks = .allocate(capacity: Self.stripes * Self.lockDistance)
        for stripe in 0..<Self.stripes { pthread_spin_init(locks + stripe * Self.lockDistance, 0) }
    }

    deinit {
        entries.deinitialize(count: KeySet.count)
        entries.deallocate()
        locks.deallocate()
    }

    @inline(__always)
    func read(_ key: BorrowedBytes) -> Int { withLock(Self.place(of: key)) { $0 }?.value.count ?? 0 }

    @inline(__always)
    func insert(_ key: BorrowedBytes, filledWith byte: UInt8) {
        var entry: Entry? = Entry(key: key, filledWith: byte)
        withLock(Self.place(of: key)) { swap(&$0, &entry) }
    }

    @inline(__always)
    func update(_ key: BorrowedBytes, filledWith byte: UInt8) {
        var entry: Entry? = Entry(key: key, filledWith: byte)
        withLock(Self.place(of: key)) { if $0 != nil { swap(&$0, &entry) } }
    }

    @inline(__always)
    func remove(_ key: BorrowedBytes) {
        var entry: Entry?
        withLock(Self.place(of: key)) { swap(&$0, &entry) }
    }

    @inline(__always)
    private static func place(of key: BorrowedBytes) -> Int {
        key.withUnsafeBytes { bytes in
            var number = 0
            for position in 5..<13 { number = number &* 10 &+ Int(bytes[position] &- UInt8(ascii: "0")) }
            return number
        }
    }

    @inline(__always)
    private func withLock<Result>(_ place: Int, _ body: (inout Entry?) -> Result) -> Result {
        let lock = locks + place % Self.stripes * Self.lockDistance
        pthread_spin_lock(lock)
        defer { pthread_spin_unlock(lock) }
        return body(&entries[place])
    }
}
