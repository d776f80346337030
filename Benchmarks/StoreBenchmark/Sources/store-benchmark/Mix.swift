/// How often each operation comes, in percent: the mixes of conc-map-bench. What is left over are updates.
struct Mix: Sendable {
    let name: String
    let reads: UInt64
    let inserts: UInt64
    let removals: UInt64

    static let all = [
        Mix(name: "ReadHeavy", reads: 98, inserts: 1, removals: 1),
        Mix(name: "Exchange", reads: 10, inserts: 40, removals: 40),
        Mix(name: "RapidGrow", reads: 5, inserts: 80, removals: 5),
    ]
}

/// What a client asks for.
enum Operation {
    case read, insert, remove, update
}

/// The operations of one client, and the positions of their keys: xorshift, the same numbers as the peer's.
struct OperationSequence {
    private let mix: Mix
    private var state: UInt64

    init(mix: Mix, client: Int) {
        self.mix = mix
        state = 0x9e37_79b9_7f4a_7c15 &* UInt64(client + 1)
    }

    @inline(__always)
    mutating func next() -> (Operation, position: Int) {
        state ^= state &<< 13
        state ^= state &>> 7
        state ^= state &<< 17
        let position = Int(truncatingIfNeeded: (state &>> 20) % UInt64(KeySet.count))
        let percent = state % 100
        if percent < mix.reads { return (.read, position) }
        if percent < mix.reads + mix.inserts { return (.insert, position) }
        if percent < mix.reads + mix.inserts + mix.removals { return (.remove, position) }
        return (.update, position)
    }
}
