public import Glibc

/// Who has connected, as far as connections of one client are counted together: an IPv4 address, or the 64 bits in front of an IPv6
/// address, since one host commonly has all that share them.
public struct PeerAddress: Hashable, Sendable {
    private let family: sa_family_t
    private let bits: UInt64

    /// The address in what `accept(2)` gave; nil where it is no internet address.
    public init?(_ peer: sockaddr_storage) {
        family = peer.ss_family
        switch Int32(family) {
        case AF_INET: bits = Self.load(peer, at: MemoryLayout<sockaddr_in>.offset(of: \.sin_addr)!, as: UInt32.self)
        case AF_INET6: bits = Self.load(peer, at: MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)!, as: UInt64.self)
        default: return nil
        }
    }

    private static func load<Bits: FixedWidthInteger & BitwiseCopyable>(
        _ peer: sockaddr_storage, at offset: Int, as type: Bits.Type
    ) -> UInt64 {
        withUnsafeBytes(of: peer) { UInt64($0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }
}
