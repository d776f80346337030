import Glibc
@testable import Sockets
import TestSupport
import Testing

@testable import MicroHTTPD

/// Connections of one address.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct AddressLimitTests {
    @Test func `an address with as many connections as may be is told to come again, and others are served`()
        async throws
    {
        try await withServer({ $0.connectionsPerAddress = 2 }) { live in
            let inside = [try live.connect(), try live.connect()]
            for client in inside { #expect(try client.exchange("GET", "/livez").status == 200) }
            let outside = try live.connect()
            let response = try outside.response()
            #expect(response.statusLine == "HTTP/1.1 503 Service Unavailable")
            #expect(response["Retry-After"] == "1")
            #expect(response.text == "the limit of 2 connections from one address is reached\n")
            #expect(try outside.hasEnded())
            #expect(live.rejections("address_connections") == 1)
            #expect(live.rejections("connections") == 0)
            // Any address of 127.0.0.0/8 is this machine's.
            let elsewhere = try connect(from: "127.0.0.2", to: live.server.address.port)
            try elsewhere.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try elsewhere.receive().hasPrefix("HTTP/1.1 200 "))
        }
    }

    /// From 1.0 on the library begins all of them in one turn, after it was given all.
    @Test func `addresses that connect at the same moment are told apart`() async throws {
        try await withServer({ ($0.connectionsPerAddress, $0.threads) = (2, 1) }) { live in
            for _ in 0..<10 {
                let clients = try (2..<6).flatMap { number in
                    try (0..<2).map { _ in try connect(from: "127.0.0.\(number)", to: live.server.address.port) }
                }
                for client in clients { try client.send("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") }
                for client in clients { #expect(try client.receive().hasPrefix("HTTP/1.1 200 ")) }
                #expect(try eventually { live.server.connectionCount == 0 })
            }
            #expect(live.rejections("address_connections") == 0)
        }
    }

    @Test func `a connection that ends makes room for another of its address`() async throws {
        try await withServer({ $0.connectionsPerAddress = 1 }) { live in
            for _ in 0..<20 {
                let client = try live.connect()
                #expect(try client.exchange("GET", "/livez", "Connection: close\r\n").status == 200)
                #expect(try client.hasEnded())
                #expect(try eventually { live.server.connectionCount == 0 })
            }
            #expect(live.rejections("address_connections") == 0)
        }
    }

    @Test func `addresses are counted apart, and forgotten with their last connection`() throws {
        let counts = AddressCounts(limit: 2)
        let (one, other) = (try #require(address("192.0.2.1")), try #require(address("192.0.2.2")))
        #expect(counts.enter(one) && counts.enter(one) && !counts.enter(one))
        #expect(counts.enter(other))
        #expect(counts.addressCount == 2)
        counts.leave(one)
        #expect(counts.enter(one))
        for _ in 0..<2 { counts.leave(one) }
        #expect(counts.addressCount == 1)
    }

    @Test func `IPv6 addresses are one where their first 64 bits are, IPv4 addresses in all bits`() {
        #expect(address("2001:db8:1:2::3") == address("2001:db8:1:2:ffff::9"))
        #expect(address("2001:db8:1:2::3") != address("2001:db8:1:3::3"))
        #expect(address("192.0.2.1") != address("192.0.2.3"))
        #expect(address("0.0.0.1") != address("::"))
    }

    private func address(_ text: String) -> PeerAddress? {
        (try? SocketAddress(host: text, port: 1)).flatMap {
            $0.withSockaddr { address, length in
                var storage = sockaddr_storage()
                memcpy(&storage, address, Int(length))
                return PeerAddress(storage)
            }
        }
    }

    private func connect(from host: String, to port: UInt16) throws -> BoundClient {
        try BoundClient(from: host, to: port)
    }
}

/// A client that comes from an address of its choice. Closed with the last reference.
private final class BoundClient {
    private let descriptor: Int32

    init(from host: String, to port: UInt16) throws {
        let (own, server) = (try SocketAddress(host: host, port: 0), try SocketAddress(host: "127.0.0.1", port: port))
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard own.withSockaddr({ bind(descriptor, $0, $1) }) == 0,
            server.withSockaddr({ Glibc.connect(descriptor, $0, $1) }) == 0
        else { throw SocketFailure("connect from \(host)") }
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws {
        guard Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL)) == text.utf8.count else {
            throw SocketFailure("send")
        }
    }

    func receive() throws -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { throw SocketFailure("receive") }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
