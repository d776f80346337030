import Glibc

/// The descriptors 0 to 2, which a caller may have closed.
enum StandardDescriptors {
    /// Sees to it that all three are open, or the first file or socket to be opened would be taken for one of them: an
    /// error message would then be written into a value, say.
    ///
    /// Each that was closed leads nowhere, the wrong way round, so that whoever uses it fails as before: `put` stores no
    /// empty value, and `get` does not end well with the value gone.
    static func occupy() {
        for (descriptor, direction) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
        where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free descriptor is this one, since those below it are open by now. Unsafe: the path is a literal.
            _ = unsafe open("/dev/null", direction)
        }
    }
}
