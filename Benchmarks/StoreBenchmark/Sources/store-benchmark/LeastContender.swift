import ByteBuffers
import KeyValueStore
import Synchronization

/// The least that a store with locks and an allocation for each entry can do: how fast it is on a machine bounds them all.
///
/// No hash and no probe, since the number in the key is its place; no counts, no versions, no limit, and no waiting but spinning.
final class LeastContender: Contender, @unchecked Sendable {
    // `@unchecked`: a place is touched only under the lock of its stripe.
    private static let stripes = 64

    private let entries: UnsafeMutablePointer<Entry?>
    private let locks: UnsafeMutablePointer<Stripe>

    private struct Stripe: ~Copyable {
        let isHeld = Atomic<Bool>(false)
        /// To lie in a line of the cache of its own.
        let padding = InlineArray<127, UInt8>(repeating: 0)
    }

    init() {
        entries = .allocate(capacity: KeySet.count)
        entries.initialize(repeating: nil, count: KeySet.count)
        locks = .allocate(capacity: Self.stripes)
        for stripe in 0..<Self.stripes { (locks + stripe).initialize(to: Stripe()) }
    }

    deinit {
        entries.deinitialize(count: KeySet.count)
        entries.deallocate()
        locks.deinitialize(count: Self.stripes)
        locks.deallocate()
    }

    @inline(__always)
    func read(_ key: BorrowedBytes) -> Int {
        let place = Self.place(of: key)
        return withLock(place) { $0 }?.value.count ?? 0
    }

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
        let stripe = locks + place % Self.stripes
        while stripe.pointee.isHeld.exchange(true, ordering: .acquiring) {}
        defer { stripe.pointee.isHeld.store(false, ordering: .releasing) }
        return body(&entries[place])
    }
}
