import Glibc
import Logging

/// The number of connections that the process can hold beside `reserved` descriptors, at most `wanted`: raises the soft
/// limit on descriptors as far as the hard one allows, and says so in the log where that is less.
func effectiveConnectionLimit(_ wanted: Int, reserved: Int, logger: Logger) -> Int {
    var limit = rlimit()
    // Unsafe: the call fills the struct it is given.
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return wanted }
    let needed = rlim_t(wanted + reserved)
    if limit.rlim_cur < needed {
        limit.rlim_cur = min(needed, limit.rlim_max)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
    let possible = Int(clamping: limit.rlim_cur) - reserved
    guard possible < wanted else { return wanted }
    logger.warning(
        "fewer connections than configured, for want of file descriptors",
        metadata: ["connections": "\(max(1, possible))", "configured": "\(wanted)"])
    return max(1, possible)
}
