import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Locks

/// The lock of a shard.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct BargingMutexTests {
    @Test func `one thread at a time has the value`() async throws {
        // Two words that only the lock keeps equal, and more threads than cores, so that some sleep while they wait.
        let guarded = Guarded((first: 0, second: 0))
        let differences = Atomic<Int>(0)
        try await onThreads(8) { _ in
            for _ in 0..<20_000 {
                let isEqual = guarded.mutex.withLock { value in
                    value.first += 1
                    defer { value.second += 1 }
                    return value.first == value.second + 1
                }
                if !isEqual { differences.add(1, ordering: .relaxed) }
            }
        }
        #expect(differences.load(ordering: .relaxed) == 0)
        let sums = guarded.mutex.withLock { [$0.first, $0.second] }
        #expect(sums == [160_000, 160_000])
    }

    @Test func `who finds the lock held is told before the wait, and only then`() async throws {
        let guarded = Guarded(1)
        let whileFree = guarded.mutex.withLock(whenHeld: { 7 }) { value, told in
            value += 10
            return told
        }
        #expect(whileFree == nil)
        let isHeld = Atomic<Bool>(false)
        let isTold = Atomic<Bool>(false)
        try await onThreads(2) { number in
            if number == 0 {
                let wasTold = try guarded.mutex.withLock { _ in
                    isHeld.store(true, ordering: .releasing)
                    return try eventually { isTold.load(ordering: .acquiring) }
                }
                #expect(wasTold)
            } else {
                #expect(try eventually { isHeld.load(ordering: .acquiring) })
                let whileHeld = guarded.mutex.withLock {
                    isTold.store(true, ordering: .releasing)
                    return 7
                } _: { value, told in
                    value += 100
                    return told
                }
                #expect(whileHeld == 7)
            }
        }
        #expect(guarded.value == 111)
    }

    @Test func `an error leaves the lock free, with what was done`() {
        let guarded = Guarded(1)
        #expect(throws: Refusal.self) {
            try guarded.mutex.withLock { value in
                value = 2
                throw Refusal()
            }
        }
        #expect(guarded.value == 2)
    }

    @Test(arguments: [1, 5]) func `threads that sleep until the lock is free are all woken`(count: Int) async throws {
        let guarded = Guarded(0)
        let isHeld = Atomic<Bool>(false)
        let waiting = AnnotatedMutex<[String]>([])
        // Thread 0 holds the lock until all others sleep.
        try await onThreads(count + 1) { number in
            if number == 0 {
                let haveSlept = try guarded.mutex.withLock { _ in
                    isHeld.store(true, ordering: .releasing)
                    return try eventually {
                        let threads = waiting.withLock { $0 }
                        return try threads.count == count && threads.allSatisfy(isAsleep)
                    }
                }
                #expect(haveSlept)
            } else {
                #expect(try eventually { isHeld.load(ordering: .acquiring) })
                let thread = try currentThreadName()
                waiting.withLock { $0.append(thread) }
                guarded.mutex.withLock { $0 += 1 }
            }
        }
        #expect(guarded.value == count)
    }
}

private struct Refusal: Error {}

/// A value that threads share.
private final class Guarded<Value: Sendable>: Sendable {
    let mutex: BargingMutex<Value>

    init(_ value: Value) { mutex = BargingMutex(value) }

    var value: Value { mutex.withLock { $0 } }
}

/// Runs `body` so many times at once, each on a thread of its own.
private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) async throws {
    try await blocking {
        try await withThrowingTaskGroup { group in
            for number in 0..<count { group.addTask { try body(number) } }
            try await group.waitForAll()
        }
    }
}
