import Glibc

/// A blocking TCP connection to a server, with a limit on how long each step may take. Closed with the last reference.
public final class ClientConnection: Sendable {
    /// The socket.
    public let descriptor: Int32

    /// Connects to the first address of `host` that accepts; every later call fails with `EAGAIN` after `timeoutSeconds`
    /// without progress.
    public init(host: String, port: UInt16, timeoutSeconds: Int = 5, receiveBuffer: Int32? = nil) throws(SocketFailure)
    {
        var refusal: SocketFailure?
        for address in try SocketAddress.all(host: host, port: port) {
            do throws(SocketFailure) {
                descriptor = try Self.connect(to: address, timeoutSeconds, receiveBuffer)
                return
            } catch {
                // The first address is the one that the user had in mind.
                refusal = refusal ?? error
            }
        }
        throw refusal!
    }

    private static func connect(
        to address: SocketAddress, _ timeoutSeconds: Int, _ receiveBuffer: Int32?
    ) throws(SocketFailure) -> Int32 {
        let place = "connect to \(address.urlHost):\(address.port)"
        let descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SocketFailure(place) }
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        guard address.withSockaddr({ Glibc.connect(descriptor, $0, $1) }) == 0 else {
            let failure = SocketFailure(place)
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    deinit { close(descriptor) }

    /// Sends all of `bytes`.
    public func send(_ bytes: [UInt8]) throws(SocketFailure) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw SocketFailure("send")
            }
            sent += count
        }
    }

    /// Receives at most `limit` bytes; none at the end of the stream.
    public func receive(atMost limit: Int = 65_536) throws(SocketFailure) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            var received = -1
            repeat { received = recv(descriptor, buffer.baseAddress, limit, 0) } while received < 0 && errno == EINTR
            failed = received < 0
            count = max(0, received)
        }
        if failed { throw SocketFailure("receive") }
        return bytes
    }

    /// Whether `receive` would return at once: something has arrived, or the stream has ended. `poll(2)`.
    public var hasInput: Bool {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&event, 1, 0) > 0
    }

    /// Tells the server that nothing more will be sent.
    public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }
}
