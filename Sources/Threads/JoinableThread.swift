import Glibc
import Locks
public import Sockets

/// A thread that is started once and waited for. `pthread_create(3)`.
public struct JoinableThread: ~Copyable, Sendable {
    private let handle = AnnotatedMutex<pthread_t?>(nil)

    /// A thread that is not started yet.
    public init() {}

    /// Starts the thread, which calls `body` and keeps what that holds alive until it returns.
    ///
    /// - Parameter purpose: what the system shows as the thread's name, of which it takes 15 bytes, and what the message of a failure
    ///   calls it.
    public func start(_ purpose: String, _ body: @escaping @Sendable () -> Void) throws(SocketFailure) {
        let started = try startThread(purpose, body)
        handle.withLock { $0 = started }
    }

    /// Blocks until the thread has ended. Returns at once where it was not started, or was joined already.
    public func join() {
        let ending = handle.withLock { $0.take() }
        if let ending { pthread_join(ending, nil) }
    }
}

/// Starts a thread that nobody waits for. It calls `body`, and keeps what that holds alive until it returns.
///
/// - Parameter purpose: as for `JoinableThread.start(_:_:)`.
public func detachThread(_ purpose: String, _ body: @escaping @Sendable () -> Void) throws(SocketFailure) {
    pthread_detach(try startThread(purpose, body))
}

private func startThread(_ purpose: String, _ body: @escaping @Sendable () -> Void) throws(SocketFailure) -> pthread_t {
    let main = Main(purpose, body)
    var started = pthread_t()
    let code = pthread_create(&started, nil, threadMain, Unmanaged.passRetained(main).toOpaque())
    guard code == 0 else {
        Unmanaged.passUnretained(main).release()
        throw SocketFailure("start the \(purpose) thread", code: code)
    }
    return started
}

private final class Main: Sendable {
    private let name: String
    private let body: @Sendable () -> Void

    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
        self.name = String(decoding: name.utf8.prefix(15), as: UTF8.self)
        self.body = body
    }

    func run() {
        takeName()
        body()
    }

    /// Has the system show the name; else it shows that of the thread that started this one. `comm` of `proc(5)`, since
    /// `pthread_setname_np(3)` is for GNU programs only.
    private func takeName() {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        write(file, name, name.utf8.count)
        close(file)
    }
}

private func threadMain(context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<Main>.fromOpaque(context).takeRetainedValue().run() }
    return nil
}
