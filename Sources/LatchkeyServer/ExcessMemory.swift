import Glibc

/// How much more memory is resident than the store counts, and when to have the allocator give some back.
///
/// What lies between blocks in use stays with the allocator: where values of all sizes come and go, that comes to as much as
/// they take themselves. What cannot be given back, such as the memory of connections, is learnt: it is what was left the last time.
struct ExcessMemory {
    /// Bytes that are not worth the walk through the allocator's heap, which holds its lock, while the store is far from its limit.
    static let threshold = 64 << 20
    /// The same for a store that has more than three quarters of its limit, and whose resident memory may be limited as well.
    static let thresholdNearLimit = 4 << 20
    /// A store's part that is as little worth it then.
    private static let partNearLimit = 32
    /// The processor time that a walk took, times this, passes until the next.
    private static let rest = 10

    /// Bytes that the store may take.
    private let limit: Int
    private var used = 0
    private var isFalling = false
    /// What is resident and not counted.
    private var excess = 0
    /// The least of it since memory was last given back.
    private var least = Int.max
    private var earliest = ContinuousClock.Instant.now
    private var busyUntil = ContinuousClock.Instant.now

    /// For a store that may take `limit` bytes.
    init(limit: Int) { self.limit = limit }

    /// Takes down what the store counts, how much of it is announced uploads, of which nobody knows what has come, and what is
    /// resident, all in bytes.
    mutating func note(used: Int, uploads: Int = 0, resident: Int) {
        isFalling = self.used - used > Self.thresholdNearLimit / 4
        self.used = used
        excess = resident - used
        least = min(least, excess + uploads)
    }

    /// Whether enough has come together since memory was last given back. What still falls fast is waited for, since much comes
    /// free meanwhile.
    func mustReturn(at now: ContinuousClock.Instant) -> Bool {
        !isFalling && now >= earliest && excess - least >= leastWorth
    }

    private var leastWorth: Int {
        used > limit / 4 * 3 ? max(Self.thresholdNearLimit, used / Self.partNearLimit) : Self.threshold
    }

    /// Takes down how much is resident after memory was given back, and how long the thread ran for that.
    mutating func noteReturn(resident: Int, took duration: Duration, at now: ContinuousClock.Instant) {
        excess = resident - used
        least = excess
        earliest = now + duration * Self.rest
        busyUntil = now + .seconds(1)
    }

    /// Whether memory was given back lately.
    func isBusy(at now: ContinuousClock.Instant) -> Bool { now < busyUntil }
}

/// A look at how much of the process is in memory, by a descriptor that stays open: it costs one system call.
final class ResidentMemory: Sendable {
    private let descriptor: Int32
    private let pageSize = sysconf(Int32(_SC_PAGESIZE))

    /// nil where the system does not tell.
    init?() {
        // Unsafe: the call reads the text that it is given.
        descriptor = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Bytes that are resident now; nil where that cannot be read. The second number of `/proc/self/statm`, in pages: proc(5).
    func count() -> Int? {
        var text = [UInt8](repeating: 0, count: 128)
        // Unsafe: the call writes at most as many bytes as the buffer has.
        let length = unsafe text.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard length > 0 else { return nil }
        let fields = text[..<length].split(separator: UInt8(ascii: " "))
        return fields.count > 1 ? Int(String(decoding: fields[1], as: UTF8.self)).map { $0 * pageSize } : nil
    }
}
