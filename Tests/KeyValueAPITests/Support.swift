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

/// SplitMix64: a seed gives the same sequence everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word &>> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word &>> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word &>> 31)
    }
}

/// A seed that is always the same, and one that is new in every run and told by the output.
let seeds = [1, UInt64.random(in: 2 ... .max)]

/// All bytes as percent escapes.
func escaped(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "%0" : "%") + String($0, radix: 16) }.joined()
}
