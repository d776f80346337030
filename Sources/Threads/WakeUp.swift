import Glibc
public import Sockets

/// Ends a `poll` on another thread: a pipe that holds at most a few bytes. `pipe(2)`.
public final class WakeUp: Sendable {
    /// What to poll for input.
    public let descriptor: Int32
    private let writing: Int32

    /// One that was not signalled. Throws where the process has no descriptors left.
    public init() throws(SocketFailure) {
        var ends: (Int32, Int32) = (-1, -1)
        let result = withUnsafeMutablePointer(to: &ends) {
            $0.withMemoryRebound(to: Int32.self, capacity: 2) { pipe($0) }
        }
        guard result == 0 else { throw SocketFailure("create a pipe") }
        (descriptor, writing) = ends
        for end in [descriptor, writing] {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
    }

    deinit {
        close(descriptor)
        close(writing)
    }

    /// Waits until `signal()` has been called, or `instant` is over; nil is never over. At most a millisecond late. Takes
    /// back all signals so far.
    public func wait(until instant: ContinuousClock.Instant?) {
        var milliseconds: Int32 = -1
        if let instant {
            let rest = (instant - .now) / Duration.milliseconds(1)
            milliseconds = Int32(max(0, min(rest.rounded(.up), 1_000_000)))
        }
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&event, 1, milliseconds)
        clear()
    }

    /// Wakes the one who polls, now or at the next poll.
    public func signal() {
        var byte: UInt8 = 0
        write(writing, &byte, 1)
    }

    /// Takes back all signals so far.
    public func clear() {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            while read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
        }
    }
}
