import Glibc

/// Why a file cannot be used, in one line without its name.
struct FileFailure: Error {
    let reason: String
}

/// All of a regular file, which has at most `limit` bytes. Blocks. `read(2)`.
func content(ofFile path: String, limit: Int) throws(FileFailure) -> [UInt8] {
    // Unsafe, here and below: calls that fill what they are given, and no more.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileFailure(reason: unsafe String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw FileFailure(reason: "not a regular file")
    }
    var content: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = unsafe piece.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        if count == 0 { return content }
        if count < 0 {
            if errno == EINTR { continue }
            throw FileFailure(reason: unsafe String(cString: strerror(errno)))
        }
        content += piece[..<count]
        guard content.count <= limit else { throw FileFailure(reason: "longer than \(limit) bytes") }
    }
}
