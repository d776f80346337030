import Glibc
import Locks
import Sockets

/// A thread that is started once and waited for. `pthread_create(3)`.
struct JoinableThread: ~Copyable, Sendable {
    private let handle = AnnotatedMutex<pthread_t?>(nil)

    /// Starts the thread, which calls `body` and keeps what that holds alive until it returns.
    ///
    /// - Parameter purpose: what the message of a failure calls the thread.
    func start(_ purpose: String, _ body: @escaping @Sendable () -> Void) throws(SocketFailure) {
        let main = Main(body)
        var started = pthread_t()
        let code = pthread_create(&started, nil, threadMain, Unmanaged.passRetained(main).toOpaque())
        guard code == 0 else {
            Unmanaged.passUnretained(main).release()
            throw SocketFailure("start the \(purpose) thread", code: code)
        }
        handle.withLock { $0 = started }
    }

    /// Blocks until the thread has ended. Returns at once where it was not started, or was joined already.
    func join() {
        let ending = handle.withLock { $0.take() }
        if let ending { pthread_join(ending, nil) }
    }
}

private final class Main: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func threadMain(context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<Main>.fromOpaque(context).takeRetainedValue().body() }
    return nil
}
