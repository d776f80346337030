import ByteBuffers

/// SipHash-1-3 with a random key per store: a client that does not know the key cannot choose keys that collide, so
/// flooding one slot is out of reach. 64 bits; O(n) in the bytes of the key.
struct KeyHash: Sendable {
    private let k0: UInt64
    private let k1: UInt64

    /// The hash function that `k0` and `k1` select; random ones unless a test fixes them.
    init(k0: UInt64 = .random(in: 0 ... .max), k1: UInt64 = .random(in: 0 ... .max)) {
        self.k0 = k0
        self.k1 = k1
    }

    func callAsFunction(_ bytes: BorrowedBytes) -> UInt64 {
        bytes.withUnsafeBytes { hash($0) }
    }

    @inline(__always)
    private func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = SipState(k0, k1)
        var position = 0
        while position &+ 8 <= bytes.count {
            state.compress(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)))
            position &+= 8
        }
        state.compress(UInt64(truncatingIfNeeded: bytes.count) &<< 56 | lastBytes(of: bytes))
        return state.finish()
    }

    /// The bytes that do not fill a word, lowest first, without a step for each: in a longer key with the eight that end it.
    @inline(__always)
    private func lastBytes(of bytes: UnsafeRawBufferPointer) -> UInt64 {
        let count = bytes.count & 7
        if count == 0 { return 0 }
        if bytes.count >= 8 {
            let end = bytes.loadUnaligned(fromByteOffset: bytes.count &- 8, as: UInt64.self)
            return UInt64(littleEndian: end) &>> UInt64(truncatingIfNeeded: 64 &- 8 &* count)
        }
        return bytes.indices.reversed().reduce(0) { $0 &<< 8 | UInt64(bytes[$1]) }
    }
}

/// The four words of SipHash.
private struct SipState {
    private var v0, v1, v2, v3: UInt64

    @inline(__always)
    init(_ k0: UInt64, _ k1: UInt64) {
        v0 = k0 ^ 0x736f_6d65_7073_6575
        v1 = k1 ^ 0x646f_7261_6e64_6f6d
        v2 = k0 ^ 0x6c79_6765_6e65_7261
        v3 = k1 ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    mutating func compress(_ word: UInt64) {
        v3 ^= word
        round()
        v0 ^= word
    }

    @inline(__always)
    mutating func finish() -> UInt64 {
        v2 ^= 0xff
        round()
        round()
        round()
        return v0 ^ v1 ^ v2 ^ v3
    }

    @inline(__always)
    private mutating func round() {
        v0 = v0 &+ v1
        v1 = rotated(v1, 13) ^ v0
        v0 = rotated(v0, 32)
        v2 = v2 &+ v3
        v3 = rotated(v3, 16) ^ v2
        v0 = v0 &+ v3
        v3 = rotated(v3, 21) ^ v0
        v2 = v2 &+ v1
        v1 = rotated(v1, 17) ^ v2
        v2 = rotated(v2, 32)
    }

    @inline(__always)
    private func rotated(_ word: UInt64, _ bits: UInt64) -> UInt64 { word &<< bits | word &>> (64 &- bits) }
}

/// A key with its hash: what a look-up needs. A view, valid only during the call that made it.
struct HashedKey: Sendable {
    let bytes: BorrowedBytes
    let hash: UInt64
}
