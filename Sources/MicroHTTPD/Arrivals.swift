import CMicroHTTPD
import Glibc
import Sockets

/// Sockets that the library was given and has not begun to serve, in the order in which it takes them.
///
/// Before 1.0 it begins at once; from then on in its next turn. Where it refuses one, for want of memory or at its limit, or
/// where the system does, it closes the socket and says so in some cases only. So whoever is passed over was refused.
struct Arrivals {
    private var given: [EventLoop.Newcomer] = []
    /// Those before it in `given` have begun or were refused.
    private var next = 0

    var isEmpty: Bool { given.isEmpty }

    /// The library is about to be given one more.
    mutating func add(_ newcomer: EventLoop.Newcomer) { given.append(newcomer) }

    /// The library has refused the one that it was given last.
    ///
    /// - Returns: whether it had not begun to serve it.
    mutating func refuseLast(_ descriptor: Int32) -> Bool {
        guard given.last?.descriptor == descriptor else { return false }
        given.removeLast()
        return true
    }

    /// The library begins to serve the socket. O(those that it has refused).
    ///
    /// - Returns: whose it is, and those before it, which it has refused; nil where it was not given the socket.
    mutating func begin(_ descriptor: Int32) -> (begun: EventLoop.Newcomer, refused: [EventLoop.Newcomer])? {
        guard let place = given[next...].firstIndex(where: { $0.descriptor == descriptor }) else { return nil }
        let (begun, refused) = (given[place], Array(given[next..<place]))
        next = place + 1
        if next == given.count { clear() }
        return (begun, refused)
    }

    /// The library has taken or refused all that it was given.
    ///
    /// - Returns: those that it has refused.
    mutating func takeRefused() -> [EventLoop.Newcomer] {
        defer { clear() }
        return Array(given[next...])
    }

    private mutating func clear() {
        given.removeAll(keepingCapacity: true)
        next = 0
    }
}

extension EventLoop {
    /// A socket that was accepted.
    struct Newcomer: Sendable {
        let descriptor: Int32
        let peer: sockaddr_storage
        let peerLength: socklen_t
        /// Who has connected, where that is counted.
        var address: PeerAddress?
    }

    /// Gives a socket to the library, which closes it, now or later. On the loop's thread, between turns. `MHD_add_connection`.
    func give(_ newcomer: Newcomer, to daemon: OpaquePointer) {
        arrivals.add(newcomer)
        let result = withUnsafePointer(to: newcomer.peer) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                MHD_add_connection(daemon, newcomer.descriptor, $0, newcomer.peerLength)
            }
        }
        // One that was begun and closed again, where the system has no room for it in the epoll set, is counted out already.
        if result != .YES, arrivals.refuseLast(newcomer.descriptor) { countClosed(newcomer.address) }
    }

    /// The library begins to serve a socket: whose it is.
    func begin(_ descriptor: Int32) -> PeerAddress? {
        guard let (begun, refused) = arrivals.begin(descriptor) else { return nil }
        for newcomer in refused { countClosed(newcomer.address) }
        return begun.address
    }

    /// Counts those out that the library was given and has not begun to serve. After a turn, in which it takes all of them.
    func countRefused() {
        for newcomer in arrivals.takeRefused() { countClosed(newcomer.address) }
    }
}
