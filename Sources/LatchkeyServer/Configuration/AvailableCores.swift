import Glibc

/// The number of cores this process may run on, 1 to 1,024.
///
/// Under `taskset` or in a container with a CPU set these are fewer than the machine has online.
func availableCores() -> Int {
    let online = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let allowed = affinityCount(inStatus: processStatus()) ?? online
    return min(max(min(online, allowed), 1), 1024)
}

/// The number of bits in the `Cpus_allowed` mask of a `/proc/PID/status` text; nil where it has none.
///
/// Read from there because `sched_getaffinity` is a GNU extension, which the Glibc module leaves out. The mask may
/// also have bits for cores that are not there.
func affinityCount(inStatus status: String) -> Int? {
    let name = "Cpus_allowed:"
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
    let count = line.dropFirst(name.count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
    return count > 0 ? count : nil
}

private func processStatus() -> String {
    let descriptor = unsafe open("/proc/self/status", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    // The whole text is about 1.5 KiB, and the mask of 1,024 cores 288 bytes.
    var bytes = [UInt8](repeating: 0, count: 8192)
    let length = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
    return String(decoding: bytes.prefix(max(length, 0)), as: UTF8.self)
}
