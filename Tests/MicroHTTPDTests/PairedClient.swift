import Glibc
import Sockets
import Testing

@testable import MicroHTTPD

/// One end of a pair of sockets, whose other end is given to an event loop.
final class PairedClient: Sendable {
    let descriptor: Int32

    init(of loop: EventLoop) throws {
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SocketFailure("make a pair of sockets")
        }
        descriptor = ends[0]
        guard fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0 else { throw SocketFailure("set a socket to non-blocking") }
        loop.add(
            EventLoop.Newcomer(
                descriptor: ends[1], peer: sockaddr_storage(),
                peerLength: socklen_t(MemoryLayout<sockaddr_storage>.size)))
    }

    deinit { close(descriptor) }

    /// Sends a GET.
    func send(_ target: String = "/") throws {
        let request = Array("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        #expect(write(descriptor, request, request.count) == request.count)
    }

    /// Reads the answer to a request, which has no content, and gives its first line.
    func statusLine() throws -> String {
        var received: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1024)
        let end = Array("\r\n\r\n".utf8)
        while received.suffix(4) != end[...] {
            let count = read(descriptor, &piece, piece.count)
            guard count > 0 else { throw Unexpected("the end of a connection") }
            received += piece.prefix(count)
        }
        return String(decoding: received.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
    }
}
