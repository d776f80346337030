import Glibc

/// An address to listen on or to connect to: IPv4 or IPv6, and a port.
public struct SocketAddress: Sendable {
    var storage: sockaddr_storage
    var length: socklen_t

    /// The first address of `host`, an address or a name, without asking more than the system's resolver.
    public init(host: String, port: UInt16, toListen: Bool = false) throws(SocketFailure) {
        self = try Self.all(host: host, port: port, toListen: toListen)[0]
    }

    /// All addresses of `host`, the one to prefer first; never none. A name may have one of each family, as `localhost`
    /// has, while a server listens on one only.
    public static func all(host: String, port: UInt16, toListen: Bool = false) throws(SocketFailure) -> [SocketAddress]
    {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = (toListen ? AI_PASSIVE : 0) | AI_NUMERICSERV
        var results: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &results)
        guard code == 0, results != nil else {
            throw SocketFailure("resolve the host '\(host)'", resolverCode: code)
        }
        defer { freeaddrinfo(results) }
        return sequence(first: results!) { $0.pointee.ai_next }.map { SocketAddress($0.pointee) }
    }

    private init(_ result: addrinfo) {
        storage = sockaddr_storage()
        length = result.ai_addrlen
        memcpy(&storage, result.ai_addr, Int(length))
    }

    /// The address that a socket is bound to.
    init(boundBy descriptor: Int32) throws(SocketFailure) {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        guard result == 0 else { throw SocketFailure("read the bound address") }
        storage = address
        length = size
    }

    var family: Int32 { Int32(storage.ss_family) }

    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// The port.
    public var port: UInt16 {
        withUnsafePointer(to: storage) { pointer in
            family == AF_INET6
                ? pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    UInt16(bigEndian: $0.pointee.sin6_port)
                }
                : pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    UInt16(bigEndian: $0.pointee.sin_port)
                }
        }
    }

    /// Whether only this machine reaches it: 127.0.0.0/8, ::1, and the first where it is written as an IPv6 address.
    public var isLoopback: Bool {
        withUnsafePointer(to: storage) { pointer in
            if family == AF_INET {
                return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    UInt32(bigEndian: $0.pointee.sin_addr.s_addr) >> 24 == 127
                }
            }
            guard family == AF_INET6 else { return false }
            return pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin6_addr) { bytes in
                    if bytes[..<10].contains(where: { $0 != 0 }) { return false }
                    if bytes[10] == 0xff && bytes[11] == 0xff { return bytes[12] == 127 }
                    return bytes[10..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
                }
            }
        }
    }

    /// The host as it stands in a URL: `127.0.0.1`, `[::1]`.
    public var urlHost: String {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let result = withSockaddr { getnameinfo($0, $1, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) }
        guard result == 0 else { return "?" }
        let host = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return family == AF_INET6 ? "[\(host)]" : host
    }
}
