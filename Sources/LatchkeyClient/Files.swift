import Glibc

/// A file, a pipe or a terminal that is read from its current position. Blocks. Not `Sendable`: whoever reads moves the
/// position.
public final class InputFile {
    private let descriptor: Int32
    let name: String
    private let isOwned: Bool
    /// How many bytes are left; nil where that is not known: for what is not a regular file, and for files that say that
    /// they are empty, as those of `/proc` do.
    public let size: Int?

    private init(descriptor: Int32, name: String, isOwned: Bool) {
        self.descriptor = descriptor
        self.name = name
        self.isOwned = isOwned
        var status = stat()
        let isRegular = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        let rest = isRegular ? Int(status.st_size) - max(0, lseek(descriptor, 0, SEEK_CUR)) : 0
        size = rest > 0 ? rest : nil
    }

    /// Standard input, which is left open.
    public static func standardInput() -> InputFile {
        InputFile(descriptor: STDIN_FILENO, name: "standard input", isOwned: false)
    }

    /// Opens a file to read. `open(2)`.
    public convenience init(path: [UInt8]) throws(ClientFailure) {
        self.init(descriptor: try openFile(path, O_RDONLY), name: "'\(oneLine(path))'", isOwned: true)
    }

    deinit { if isOwned { close(descriptor) } }

    /// At most `limit` bytes; none at the end. `read(2)`.
    func read(atMost limit: Int = 65_536) throws(ClientFailure) -> [UInt8] {
        var code: Int32 = 0
        // Unsafe: the memory is that of the array, and only what was read is taken for written.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            var result = -1
            repeat {
                result = unsafe Glibc.read(descriptor, buffer.baseAddress, limit)
            } while result < 0 && errno == EINTR
            if result < 0 { code = errno }
            count = max(0, result)
        }
        guard code == 0 else { throw .file(operation: "read \(name)", code: code) }
        return bytes
    }
}

/// A file, a pipe or a terminal to write to, without a buffer. Blocks.
public final class OutputFile: Sendable {
    private let descriptor: Int32
    private let name: String
    private let isOwned: Bool

    private init(descriptor: Int32, name: String, isOwned: Bool) {
        self.descriptor = descriptor
        self.name = name
        self.isOwned = isOwned
    }

    /// Standard output, which is left open.
    public static func standardOutput() -> OutputFile {
        OutputFile(descriptor: STDOUT_FILENO, name: "standard output", isOwned: false)
    }

    /// Standard error, which is left open.
    public static func standardError() -> OutputFile {
        OutputFile(descriptor: STDERR_FILENO, name: "standard error", isOwned: false)
    }

    /// Opens a file to write, made anew or emptied. `open(2)`.
    public convenience init(path: [UInt8]) throws(ClientFailure) {
        let descriptor = try openFile(path, O_WRONLY | O_CREAT | O_TRUNC)
        self.init(descriptor: descriptor, name: "'\(oneLine(path))'", isOwned: true)
    }

    deinit { if isOwned { close(descriptor) } }

    /// Whether a person is looking. `isatty(3)`.
    public var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Writes all of `bytes`. `write(2)`.
    public func write(_ bytes: ArraySlice<UInt8>) throws(ClientFailure) {
        var rest = bytes
        while !rest.isEmpty {
            // Unsafe: the memory is that of the slice.
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw .file(operation: "write \(name)", code: errno)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Writes `text`.
    public func write(_ text: String) throws(ClientFailure) { try write(Array(text.utf8)[...]) }
}

private func openFile(_ path: [UInt8], _ flags: Int32) throws(ClientFailure) -> Int32 {
    let terminated = path.map { CChar(bitPattern: $0) } + [0]
    // Unsafe: a string of C for the length of the call.
    let descriptor = unsafe terminated.withUnsafeBufferPointer {
        unsafe open($0.baseAddress!, flags | O_CLOEXEC, 0o666)
    }
    guard descriptor >= 0 else { throw .file(operation: "open '\(oneLine(path))'", code: errno) }
    return descriptor
}
