import Glibc

/// What can be done with a connected socket that somebody else owns, without ever waiting. Any thread, as long as the
/// socket is open.
public enum ConnectedSocket {
    /// Whether the peer has ended its side and all that it sent has been read. `recv(2)`.
    public static func isAtEndOfStream(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0
    }

    /// The bytes that the peer has acknowledged and those that have arrived from it, summed; nil where the system does not
    /// tell. `TCP_INFO` of `tcp(7)`.
    public static func transferredCount(_ descriptor: Int32) -> UInt64? {
        withUnsafeTemporaryAllocation(byteCount: 136, alignment: 8) { info in
            var length = socklen_t(info.count)
            let result = getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, info.baseAddress, &length)
            // The places of tcpi_bytes_acked and tcpi_bytes_received, which the C library's own header lacks.
            guard result == 0, length >= 136 else { return nil }
            return info.load(fromByteOffset: 120, as: UInt64.self) &+ info.load(fromByteOffset: 128, as: UInt64.self)
        }
    }

    /// The positions of those sockets whose peers have ended their side or are gone, whether or not what they sent before
    /// has been read. One `poll(2)`.
    public static func positionsOfEnded(among descriptors: [Int32]) -> [Int] {
        var events = descriptors.map { pollfd(fd: $0, events: peerHasEnded, revents: 0) }
        guard poll(&events, nfds_t(events.count), 0) > 0 else { return [] }
        return events.indices.filter { events[$0].revents != 0 }
    }

    /// `POLLRDHUP`, which the system's header shows to GNU programs only.
    private static let peerHasEnded = Int16(0x2000)

    /// Reads and throws away what has arrived, at most 1 MiB, so that a fast sender cannot keep the caller to itself.
    /// `recv(2)`.
    ///
    /// - Returns: whether the peer has ended its side, or the connection has failed.
    public static func discardInput(of descriptor: Int32) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            for _ in 0..<16 {
                let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
                if count == 0 { return true }
                if count < 0 { return errno != EAGAIN && errno != EINTR }
            }
            return false
        }
    }

    /// Sends as much of `text` as the socket's buffer takes: all of a short one, where nothing was sent before.
    /// `send(2)`.
    public static func sendAtOnce(_ text: String, on descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)) }
    }
}
