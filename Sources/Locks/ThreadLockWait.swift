import CLockWait

/// How long the calling thread has waited for those locks that say so. Whoever wants to know it of one request takes the
/// difference of two readings on the thread that serves it.
public enum ThreadLockWait {
    /// The sum of its waits since the thread began, in nanoseconds. O(1), without a call.
    @inline(__always)
    public static var nanoseconds: UInt64 { latchkey_lock_wait_of_thread() }

    /// Adds a wait of the calling thread that is over.
    public static func add(nanoseconds: UInt64) { latchkey_add_lock_wait(nanoseconds) }
}
