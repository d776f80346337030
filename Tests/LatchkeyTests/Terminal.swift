import Glibc
import Sockets
import TestSupport

/// A pseudo-terminal: what a program writes to its end can be read here.
final class Terminal {
    private let descriptor: Int32
    /// The end for the program.
    private(set) var programEnd: Int32

    init() throws {
        // Not openpty(3), whose ends every program that another test starts at this moment would inherit.
        descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var isLocked: Int32 = 0
        var number: Int32 = 0
        guard descriptor >= 0, ioctl(descriptor, Self.setLock, &isLocked) == 0,
            ioctl(descriptor, Self.getNumber, &number) == 0
        else { throw SocketFailure("open a pseudo-terminal") }
        programEnd = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard programEnd >= 0 else { throw SocketFailure("open the program's end of a pseudo-terminal") }
    }

    /// `TIOCSPTLCK` and `TIOCGPTN` of ioctl_tty(2), which are macros that Swift does not see.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430

    deinit {
        closeProgramEnd()
        close(descriptor)
    }

    /// To be called once the program has its own, so that its end is seen.
    func closeProgramEnd() {
        if programEnd >= 0 { close(programEnd) }
        programEnd = -1
    }

    /// Reads until the program has closed its end, and calls `step` all along with what was read so far. Fails where that
    /// takes more than patience.
    func read(_ step: (String) throws -> Void) throws -> String {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        let deadline = ContinuousClock.now + patience
        while .now < deadline {
            try step(String(decoding: text, as: UTF8.self))
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&event, 1, 20) > 0 else { continue }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += buffer[..<count]
        }
        throw SocketFailure("see the program close the terminal", code: ETIMEDOUT)
    }
}
