import Glibc

/// How long a thread ran and waited for a core, as the scheduler counts it. `/proc/<pid>/task/<tid>/schedstat`.
struct ThreadScheduling: ~Copyable, Sendable {
    private let descriptor: Int32

    /// Of the calling thread; nil where the system does not say.
    static func ofThisThread() -> ThreadScheduling? {
        let descriptor = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        return ThreadScheduling(descriptor: descriptor)
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Nanoseconds so far; nil where they cannot be read. Any thread.
    func read() -> (ran: UInt64, waited: UInt64)? {
        withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { buffer in
            let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
            guard count > 0 else { return nil }
            let words = buffer[..<count].split(separator: UInt8(ascii: " "))
            guard words.count >= 2, let ran = number(words[0]), let waited = number(words[1]) else { return nil }
            return (ran, waited)
        }
    }
}

private func number(_ digits: Slice<UnsafeMutableRawBufferPointer>) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
        value = value &* 10 &+ UInt64(digit - UInt8(ascii: "0"))
    }
    return value
}
