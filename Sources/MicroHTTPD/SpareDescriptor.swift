import Glibc

/// A descriptor that is kept so that there is one to tell a client with that there is none.
///
/// Without it, clients would wait in the listener's queue for as long as the process has none, and hear nothing.
struct SpareDescriptor: ~Copyable {
    private var descriptor: Int32

    /// Keeps one, where the process has one.
    init() { descriptor = Self.take() }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What `body` returns while the process has one descriptor more; nil where there was none to give. `takeBack()` ends that.
    mutating func lend<Result>(_ body: () -> Result) -> Result? {
        takeBack()
        guard descriptor >= 0 else { return nil }
        close(descriptor)
        descriptor = -1
        return body()
    }

    /// Keeps one again. Where another thread was faster, it is tried anew the next time.
    mutating func takeBack() {
        if descriptor < 0 { descriptor = Self.take() }
    }

    private static func take() -> Int32 { open("/dev/null", O_RDONLY | O_CLOEXEC) }
}
