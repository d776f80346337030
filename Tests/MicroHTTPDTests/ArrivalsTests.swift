import Glibc
import Sockets
import Testing

@testable import MicroHTTPD

/// Sockets between the accepting thread and the library.
@Suite final class ArrivalsTests {
    private var arrivals = Arrivals()

    private func give(_ descriptors: ClosedRange<Int32>) {
        for descriptor in descriptors {
            arrivals.add(EventLoop.Newcomer(descriptor: descriptor, peer: sockaddr_storage(), peerLength: 0))
        }
    }

    /// Those who are found refused where this one begins; nil where it was not given.
    private func begin(_ descriptor: Int32) -> [Int32]? {
        arrivals.begin(descriptor)?.refused.map(\.descriptor)
    }

    private func refuseLast(_ descriptor: Int32) -> Bool { arrivals.refuseLast(descriptor) }

    private func takeRefused() -> [Int32] { arrivals.takeRefused().map(\.descriptor) }

    @Test func `those are begun in the order in which they were given`() {
        give(3...5)
        for descriptor: Int32 in 3...5 {
            #expect(!arrivals.isEmpty)
            #expect(begin(descriptor) == [])
        }
        #expect(arrivals.isEmpty)
    }

    @Test func `who is passed over was refused`() {
        give(3...7)
        #expect(begin(5) == [3, 4])
        #expect(begin(4) == nil)
        #expect(takeRefused() == [6, 7])
        #expect(arrivals.isEmpty)
        #expect(takeRefused() == [])
    }

    @Test func `who is refused at once is told from who was begun before that`() {
        give(3...4)
        #expect(refuseLast(4))
        #expect(!refuseLast(4))
        #expect(begin(3) == [])
        #expect(!refuseLast(3))
        // The descriptor is used again.
        give(3...3)
        #expect(begin(3) == [])
        #expect(arrivals.isEmpty)
    }
}
