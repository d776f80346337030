import CFutex
public import Synchronization

/// A mutex around a value that cannot be reached without it, for locks that are held for well under a microsecond.
///
/// Whoever asks when it is free gets it, also before those who have waited longer. `Synchronization.Mutex` is not like that on
/// Linux: there the kernel hands it to the longest waiter, which does not run yet, so that all others queue up behind it, and
/// every acquisition costs a change of threads as soon as there are more of them than cores.
///
/// Never recursive, and not fair: under a load that never pauses a waiter may be overtaken many times. The closures are not
/// async and no guard object exists, so no lock is held across a suspension. ThreadSanitizer sees the atomic operations that it
/// is made of, so it needs no annotation.
public struct BargingMutex<Value: ~Copyable>: ~Copyable {
    @usableFromInline let word = FutexWord()
    /// What `Mutex` keeps its value in: memory of a fixed address, that is written while the mutex itself is borrowed.
    @usableFromInline let value: _Cell<Value>

    /// A free mutex around `value`.
    @inlinable
    public init(_ value: consuming sending Value) { self.value = _Cell(value) }

    /// Calls `body` with the value, under the lock. Blocks until the lock is free.
    @inlinable
    @inline(__always)
    public borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        word.lock()
        defer { word.unlock() }
        // Through a pointer of its own: ThreadSanitizer would take an access to the value for one to the whole mutex.
        let address = value._address
        return try body(&address.pointee)
    }

    /// Calls `body` with the value, under the lock, and with what `prepare` returned, which is called before the wait where the
    /// lock is held. `body` has one place in the caller's code, whichever way it is reached.
    @inlinable
    @inline(__always)
    public borrowing func withLock<Wait, Result: ~Copyable, Failure: Error>(
        whenHeld prepare: () -> Wait, _ body: (inout sending Value, Wait?) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        var wait: Wait?
        if !word.tryLock() {
            wait = prepare()
            word.lockSlow()
        }
        defer { word.unlock() }
        let address = value._address
        return try body(&address.pointee, wait)
    }
}

extension BargingMutex: @unchecked Sendable where Value: ~Copyable {
    // As for `Mutex`: the value is reached by one thread at a time.
}

/// The lock itself: one word, on which threads sleep in the kernel where it stays held.
@usableFromInline
struct FutexWord: ~Copyable {
    @usableFromInline static let free: UInt32 = 0
    @usableFromInline static let held: UInt32 = 1
    /// Held, and somebody may sleep.
    @usableFromInline static let awaited: UInt32 = 2
    /// Looks at a held lock before sleeping: about as long as a shard's lock is held.
    private static let spins = 40

    @usableFromInline let state = Atomic<UInt32>(FutexWord.free)

    @usableFromInline init() {}

    @inlinable
    @inline(__always)
    borrowing func tryLock() -> Bool {
        state.compareExchange(
            expected: Self.free, desired: Self.held, successOrdering: .acquiring, failureOrdering: .relaxed
        ).exchanged
    }

    @inlinable
    @inline(__always)
    borrowing func lock() { if !tryLock() { lockSlow() } }

    /// What is read under the lock and outlives it needs a retain that the optimiser cannot move past this: see `CRetain`.
    @inlinable
    @inline(__always)
    borrowing func unlock() { if state.exchange(Self.free, ordering: .releasing) == Self.awaited { wakeOne() } }

    @usableFromInline
    borrowing func lockSlow() {
        for _ in 0..<Self.spins {
            if state.load(ordering: .relaxed) == Self.free, tryLock() { return }
            latchkey_spin_pause()
        }
        // Whoever gets the lock here cannot know whether others sleep, and so leaves it marked as awaited.
        while state.exchange(Self.awaited, ordering: .acquiring) != Self.free {
            withUnsafePointer(to: state) { latchkey_futex_wait($0, Self.awaited) }
        }
    }

    @usableFromInline
    borrowing func wakeOne() { withUnsafePointer(to: state) { latchkey_futex_wake_one($0) } }
}
