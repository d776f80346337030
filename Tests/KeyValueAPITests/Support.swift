import KeyValueStore
import Synchronization

/// A clock that stands still until it is moved.
final class HandClock: Sendable {
    private let nanoseconds = Atomic<UInt64>(1_000)

    func advance(by duration: Duration) {
        let (seconds, attoseconds) = duration.components
        nanoseconds.add(UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000), ordering: .relaxed)
    }

    var clock: StoreClock { StoreClock { self.nanoseconds.load(ordering: .relaxed) } }
}

/// All bytes as percent escapes.
func escaped(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "%0" : "%") + String($0, radix: 16) }.joined()
}
