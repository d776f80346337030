/// SplitMix64: a seed gives the same sequence everywhere.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// The sequence that `seed` selects.
    public init(seed: UInt64) { state = seed }

    /// The next word.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word &>> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word &>> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word &>> 31)
    }

    /// So many random bytes, or so many of those in `alphabet`.
    public mutating func bytes(_ count: Int, of alphabet: [UInt8] = Array(0...0xff)) -> [UInt8] {
        (0..<count).map { _ in alphabet.randomElement(using: &self)! }
    }

    /// A number of random length in bits, so that small ones are as frequent as large ones.
    public mutating func number() -> UInt64 {
        let bits = UInt64.random(in: 0...64, using: &self)
        return bits == 0 ? 0 : next() >> (64 - bits)
    }
}

/// A seed that is always the same, and one that is new in every run and told by the output.
public let seeds = [1, UInt64.random(in: 2 ... .max)]
