import Glibc

/// What keys and values may take by default, in bytes, of the memory that this process may use: the least of its container's limit
/// and the machine's memory.
func defaultMemoryLimit() -> Int {
    let limits = [
        // cgroups(7), version 2 and version 1, as a container sees its own.
        memoryLimit(inControlFile: textFile("/sys/fs/cgroup/memory.max")),
        memoryLimit(inControlFile: textFile("/sys/fs/cgroup/memory/memory.limit_in_bytes")),
        sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)),
    ]
    return limits.compactMap { $0 }.min().map(partForStore) ?? .max
}

/// Three quarters of so many bytes, but 112 MiB less than all where that is less, and at least half. The rest is for the program
/// itself, for connections, and for what comes free faster than it is given back: that takes as much in a small container as in a large one.
func partForStore(of available: Int) -> Int {
    max(1 << 20, available / 2, min(available / 4 * 3, available - (112 << 20)))
}

/// The limit that a control group's file tells; nil where it tells of none, which version 1 does with a number near 2^63.
func memoryLimit(inControlFile text: String?) -> Int? {
    guard let text, let limit = Int(text.prefix { $0 != "\n" }), limit > 0, limit < 1 << 60 else { return nil }
    return limit
}

private func textFile(_ path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64)
    // Unsafe: the call writes at most as many bytes as the buffer has.
    let length = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
    return length > 0 ? String(decoding: bytes.prefix(length), as: UTF8.self) : nil
}
