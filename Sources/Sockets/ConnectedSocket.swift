import Glibc

/// What can be done with a connected socket that somebody else owns, without ever waiting. Any thread, as long as the
/// socket is open.
public enum ConnectedSocket {
    /// Whether the peer has ended its side and all that it sent has been read. `recv(2)`.
    public static func isAtEndOfStream(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0
    }

    /// What the system knows of a connection. `TCP_INFO` of `tcp(7)`.
    public struct State: Sendable {
        /// The bytes that the peer has acknowledged and those that have arrived from it, summed.
        public let transferredCount: UInt64
        /// The bytes that have arrived from the peer, whether or not they have been read.
        public let receivedCount: UInt64
        /// Whether something has arrived since bytes were last sent, in a resolution of some milliseconds, or ever, where none were.
        public let hasReceivedLast: Bool
        /// How long ago bytes were last sent or have last arrived, or the connection began, in the same resolution.
        public let silence: Duration
        /// Whether the peer has ended its side or is gone, whether or not what it sent before has been read.
        public let isEndedByPeer: Bool
    }

    /// The state of a connection; nil where the system does not tell. `getsockopt(2)`.
    public static func state(of descriptor: Int32) -> State? {
        withUnsafeTemporaryAllocation(byteCount: 136, alignment: 8) { info in
            var length = socklen_t(info.count)
            let result = getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, info.baseAddress, &length)
            // The C library's own header lacks what comes last, so the places are those of the kernel's.
            guard result == 0, length >= 136 else { return nil }
            let (sinceSent, sinceReceived) = (
                info.load(fromByteOffset: 44, as: UInt32.self), info.load(fromByteOffset: 52, as: UInt32.self)
            )
            let (acknowledged, received) = (
                info.load(fromByteOffset: 120, as: UInt64.self), info.load(fromByteOffset: 128, as: UInt64.self)
            )
            let established: UInt8 = 1
            return State(
                transferredCount: acknowledged &+ received, receivedCount: received,
                hasReceivedLast: acknowledged == 0 ? received > 0 : sinceReceived < sinceSent,
                silence: .milliseconds(min(sinceSent, sinceReceived)),
                isEndedByPeer: info[0] != established)
        }
    }

    /// What has arrived on a connection.
    public struct Input: Equatable, Sendable {
        /// Bytes that were read, of all that have ever arrived.
        public let readCount: UInt64
        /// Bytes that can be read.
        public let unreadCount: Int

        /// So much of it.
        public init(readCount: UInt64, unreadCount: Int) {
            self.readCount = readCount
            self.unreadCount = unreadCount
        }
    }

    /// What has arrived on a connection that nobody reads from at the moment; nil where the system does not tell, or more arrives
    /// meanwhile. `TCP_INFO` of `tcp(7)` and `FIONREAD` of `tcp(7)`.
    public static func input(of descriptor: Int32) -> Input? {
        var unread: Int32 = 0
        guard let before = state(of: descriptor), ioctl(descriptor, UInt(FIONREAD), &unread) == 0,
            let after = state(of: descriptor), before.receivedCount == after.receivedCount,
            after.receivedCount >= UInt64(unread)
        else { return nil }
        return Input(readCount: after.receivedCount - UInt64(unread), unreadCount: Int(unread))
    }

    /// Ends a connection at once: what was not sent yet is thrown away, and the peer is sent a reset when the descriptor is closed.
    /// `shutdown(2)`, with `SO_LINGER` of `socket(7)`.
    public static func reset(_ descriptor: Int32) {
        var immediately = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &immediately, socklen_t(MemoryLayout<linger>.size))
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Tells the peer that nothing more comes. What was sent before still arrives. `shutdown(2)`.
    public static func endOutput(of descriptor: Int32) { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The positions of those sockets whose peers have ended their side or are gone, whether or not what they sent before
    /// has been read. One `poll(2)`.
    public static func positionsOfEnded(among descriptors: [Int32]) -> [Int] {
        var events = descriptors.map { pollfd(fd: $0, events: peerHasEnded, revents: 0) }
        guard poll(&events, nfds_t(events.count), 0) > 0 else { return [] }
        return events.indices.filter { events[$0].revents != 0 }
    }

    /// `POLLRDHUP`, which the system's header shows to GNU programs only.
    private static let peerHasEnded = Int16(0x2000)

    /// Throws away what has arrived, at most 1 MiB, so that a fast sender cannot keep the caller to itself. `MSG_TRUNC` of
    /// `tcp(7)`, with which nothing is copied.
    ///
    /// - Returns: how many bytes these were, and whether the peer has ended its side or the connection has failed.
    @discardableResult
    public static func discardInput(of descriptor: Int32) -> (count: Int, hasEnded: Bool) {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            var total = 0
            for _ in 0..<16 {
                let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT | MSG_TRUNC))
                if count == 0 { return (total, true) }
                if count < 0 { return (total, errno != EAGAIN && errno != EINTR) }
                total += count
            }
            return (total, false)
        }
    }

    /// Whether a short text fits into what the system keeps to be sent: a third of that is free. `poll(2)`.
    public static func hasRoomToSend(_ descriptor: Int32) -> Bool {
        var event = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&event, 1, 0) == 1 && event.revents == Int16(POLLOUT)
    }

    /// Sends as much of `text` as the socket's buffer takes: all of a short one, where nothing was sent before.
    /// `send(2)`.
    public static func sendAtOnce(_ text: String, on descriptor: Int32) {
        Array(text.utf8).withUnsafeBytes { sendAtOnce($0, on: descriptor) }
    }

    /// The same with bytes.
    public static func sendAtOnce(_ bytes: UnsafeRawBufferPointer, on descriptor: Int32) {
        _ = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }
}
