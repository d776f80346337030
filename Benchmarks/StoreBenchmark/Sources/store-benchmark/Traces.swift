import Foundation

/// Requests for keys, by number, as published traces have them; the same in every run.
struct Trace {
    let name: String
    /// Different keys that are asked for.
    let footprint: Int
    let keys: [UInt32]
}

extension Trace {
    /// Keys by Zipf's law: the n-th most popular of `footprint` is asked for in proportion to n^-`alpha`.
    static func zipf(_ alpha: Double, footprint: Int, count: Int) -> Trace {
        var generator = SplitMix(seed: 1)
        let ranks = ZipfRanks(alpha, count: footprint)
        return Trace(
            name: "Zipf \(alpha)", footprint: footprint, keys: (0..<count).map { _ in ranks.next(&generator) })
    }

    /// The same, of which every fifth request is part of a scan: a run of a thousand keys that nobody asks for again.
    static func zipfWithScans(_ alpha: Double, footprint: Int, count: Int) -> Trace {
        var generator = SplitMix(seed: 2)
        let ranks = ZipfRanks(alpha, count: footprint)
        var scanned = UInt32(footprint)
        let keys = (0..<count).map { number -> UInt32 in
            guard number / 1_000 % 5 == 4 else { return ranks.next(&generator) }
            scanned += 1
            return scanned
        }
        return Trace(name: "Zipf \(alpha), scans", footprint: footprint, keys: keys)
    }

    /// All keys one after the other, again and again.
    static func loop(footprint: Int, count: Int) -> Trace {
        Trace(name: "Loop", footprint: footprint, keys: (0..<count).map { UInt32($0 % footprint) })
    }
}

/// Ranks by Zipf's law, by a search in the sums of their probabilities.
private struct ZipfRanks {
    private let sums: [Double]

    init(_ alpha: Double, count: Int) {
        var sum = 0.0
        sums = (1...count).map { rank in
            sum += pow(Double(rank), -alpha)
            return sum
        }
    }

    func next(_ generator: inout SplitMix) -> UInt32 {
        let wanted = Double.random(in: 0..<sums[sums.count - 1], using: &generator)
        var (low, high) = (0, sums.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        return UInt32(low)
    }
}

/// A generator of random numbers that is the same everywhere.
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
