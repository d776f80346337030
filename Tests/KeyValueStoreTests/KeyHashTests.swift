import ByteBuffers
import TestSupport
import Testing

@testable import KeyValueStore

@Suite struct KeyHashTests {
    /// The key 00 01 ... 0f.
    private let publishedKey = KeyHash(k0: 0x0706_0504_0302_0100, k1: 0x0f0e_0d0c_0b0a_0908)

    /// The hashes of so many bytes 00 01 02 ... under that key.
    private static let knownHashes: [(count: UInt8, hash: UInt64)] = [
        (0, 0xabac_0158_050f_c4dc), (1, 0xc9f4_9bf3_7d57_ca93), (7, 0xd392_7d98_9bb1_1140),
        (8, 0x3690_9511_8d29_9a8e), (15, 0xd320_d86d_2a51_9956), (16, 0xcc4f_dd1a_7d90_8b66),
        (63, 0x9d19_9062_b7bb_b3a8),
    ]

    @Test(arguments: knownHashes)
    func `the known values of SipHash-1-3 come out`(count: UInt8, expected: UInt64) {
        #expect(borrowing(Array(0..<count)) { publishedKey($0) } == expected)
    }

    @Test func `every length agrees with a second implementation`() {
        var random = SeededGenerator(seed: 1)
        for count in Array(0...130) + [1_023, 1_024, 65_535] {
            let (k0, k1) = (random.next(), random.next())
            let bytes = random.bytes(count)
            let hash = borrowing(bytes) { KeyHash(k0: k0, k1: k1)($0) }
            #expect(hash == referenceSipHash13(k0, k1, bytes), "\(count) bytes")
        }
    }

    @Test func `the hash does not depend on where the bytes lie`() {
        let bytes = SeededGenerator.sample(40)
        let expected = borrowing(Array(bytes[8..<31])) { publishedKey($0) }
        for shift in 0..<8 {
            let moved = [UInt8](repeating: 0xaa, count: shift) + bytes[8..<31]
            #expect(borrowing(moved) { publishedKey($0.slice(shift..<moved.count)) } == expected)
        }
    }

    @Test func `zeros at the end count`() {
        let hashes = (0...64).map { count in borrowing([UInt8](repeating: 0, count: count)) { publishedKey($0) } }
        #expect(Set(hashes).count == 65)
    }

    @Test func `two hash functions differ unless their keys are fixed`() {
        let bytes: [UInt8] = [1, 2, 3]
        #expect(borrowing(bytes) { KeyHash()($0) != KeyHash()($0) })
        #expect(borrowing(bytes) { KeyHash(k0: 1, k1: 2)($0) == KeyHash(k0: 1, k1: 2)($0) })
        #expect(borrowing(bytes) { KeyHash(k0: 1, k1: 2)($0) != KeyHash(k0: 2, k1: 1)($0) })
    }
}

extension SeededGenerator {
    fileprivate static func sample(_ count: Int) -> [UInt8] {
        var random = SeededGenerator(seed: 2)
        return random.bytes(count)
    }
}

/// SipHash with one round a word and three at the end, written from the definition, word by word and without any speed.
private func referenceSipHash13(_ k0: UInt64, _ k1: UInt64, _ message: [UInt8]) -> UInt64 {
    func left(_ word: UInt64, by bits: Int) -> UInt64 { (word << bits) | (word >> (64 - bits)) }
    func word(_ ascii: String) -> UInt64 { ascii.utf8.reduce(0) { $0 << 8 | UInt64($1) } }
    var v = [k0 ^ word("somepseu"), k1 ^ word("dorandom"), k0 ^ word("lygenera"), k1 ^ word("tedbytes")]
    func sipRound() {
        v[0] &+= v[1]
        v[2] &+= v[3]
        v[1] = left(v[1], by: 13)
        v[3] = left(v[3], by: 16)
        v[1] ^= v[0]
        v[3] ^= v[2]
        v[0] = left(v[0], by: 32)
        v[2] &+= v[1]
        v[0] &+= v[3]
        v[1] = left(v[1], by: 17)
        v[3] = left(v[3], by: 21)
        v[1] ^= v[2]
        v[3] ^= v[0]
        v[2] = left(v[2], by: 32)
    }
    var padded = message
    while padded.count % 8 != 7 { padded.append(0) }
    padded.append(UInt8(message.count % 256))
    for start in stride(from: 0, to: padded.count, by: 8) {
        let word = UInt64(bytes: padded[start..<(start + 8)])
        v[3] ^= word
        sipRound()
        v[0] ^= word
    }
    v[2] ^= 0xff
    for _ in 0..<3 { sipRound() }
    return v[0] ^ v[1] ^ v[2] ^ v[3]
}
