public import Synchronization

#if THREAD_SANITIZER
    import CThreadSanitizer
#endif

/// `Synchronization.Mutex`, which ThreadSanitizer understands. Every lock of the service but those of the shards is one of these.
///
/// The slow path of `Mutex` is inside the prebuilt standard library, where that tool cannot see it, so that it would report
/// every hand-over between waiting threads as a race. In its build alone the lock says who hands over to whom; in every
/// other this is the mutex and nothing else.
///
/// Never recursive. The closures are not async and no guard object exists, so no lock is held across a suspension.
public struct AnnotatedMutex<Value: ~Copyable>: ~Copyable {
    @usableFromInline let mutex: Mutex<Value>

    /// A free mutex around `value`.
    @inlinable
    public init(_ value: consuming sending Value) { mutex = Mutex(value) }

    /// Calls `body` with the value, under the lock. Blocks until the lock is free.
    @inlinable
    @inline(__always)
    public borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock { value throws(Failure) in
            acquired()
            defer { releasing() }
            return try body(&value)
        }
    }

    /// Calls `body` with the value, under the lock, or returns nil at once where the lock is held.
    @inlinable
    @inline(__always)
    public borrowing func withLockIfAvailable<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result? {
        try mutex.withLockIfAvailable { value throws(Failure) in
            acquired()
            defer { releasing() }
            return try body(&value)
        }
    }
}

extension AnnotatedMutex: @unchecked Sendable where Value: ~Copyable {
    // As for `Mutex` itself: the value is reached by one thread at a time.
}

extension AnnotatedMutex where Value: ~Copyable {
    // The mutex's own address stands for the lock: naming the value's would be an access to it before it is annotated.
    #if THREAD_SANITIZER
        @usableFromInline
        borrowing func acquired() {
            withUnsafePointer(to: mutex) { latchkey_lock_acquired(UnsafeMutableRawPointer(mutating: $0)) }
        }

        @usableFromInline
        borrowing func releasing() {
            withUnsafePointer(to: mutex) { latchkey_lock_releasing(UnsafeMutableRawPointer(mutating: $0)) }
        }
    #else
        @inlinable
        @inline(__always)
        borrowing func acquired() {}

        @inlinable
        @inline(__always)
        borrowing func releasing() {}
    #endif
}
