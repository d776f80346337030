import Glibc
import PrometheusExposition

/// The standard `process_*` figures, from `/proc/self`.
struct ProcessMetrics {
    /// User and system time, in seconds.
    let cpuSeconds: Double
    let residentBytes: UInt64
    let virtualBytes: UInt64
    let openDescriptors: Int
    let maximumDescriptors: UInt64
    /// Seconds since 1970.
    let startTime: Double

    /// The figures now; nil where `/proc` cannot be read, in which case they are left out rather than made up.
    static func read() -> ProcessMetrics? {
        // The command's name may have spaces and parentheses in it: fields are counted from the last parenthesis.
        guard let status = contents(of: "/proc/self/stat"), let end = status.lastIndex(of: ")") else { return nil }
        let fields = status[end...].split(separator: " ").dropFirst().map { UInt64($0) ?? 0 }
        guard fields.count > 21, let system = contents(of: "/proc/stat"), let descriptors = countOpenDescriptors()
        else { return nil }
        let bootTime = system.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap {
            Double($0.dropFirst(6))
        }
        guard let bootTime else { return nil }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        var limit = rlimit()
        // Unsafe: the call fills the struct it is given.
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        // Numbers of proc_pid_stat(5), less the three fields up to the parenthesis.
        return ProcessMetrics(
            cpuSeconds: Double(fields[11] + fields[12]) / ticks,
            residentBytes: fields[21] * UInt64(sysconf(Int32(_SC_PAGESIZE))), virtualBytes: fields[20],
            openDescriptors: descriptors, maximumDescriptors: UInt64(limit.rlim_cur),
            startTime: bootTime + Double(fields[19]) / ticks)
    }

    private static func contents(of path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            // Unsafe: the call writes at most as many bytes as the buffer has.
            let count = unsafe piece.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { return nil }
            if count == 0 { return String(decoding: text, as: UTF8.self) }
            text += piece.prefix(count)
        }
    }

    private static func countOpenDescriptors() -> Int? {
        // Unsafe: a C directory stream, closed before this returns. Its own descriptor and the two dots are not counted.
        guard let directory = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(directory) }
        var count = -3
        while unsafe readdir(directory) != nil { count += 1 }
        return count
    }
}

extension MetricsText {
    /// Appends the `process_*` families.
    mutating func write(_ process: ProcessMetrics) {
        begin("process_cpu_seconds_total", .counter, help: "User and system CPU time spent, in seconds.")
        sample(process.cpuSeconds)
        begin("process_resident_memory_bytes", .gauge, help: "Resident memory, in bytes.")
        sample(process.residentBytes)
        begin("process_virtual_memory_bytes", .gauge, help: "Virtual memory, in bytes.")
        sample(process.virtualBytes)
        begin("process_open_fds", .gauge, help: "Open file descriptors.")
        sample(process.openDescriptors)
        begin("process_max_fds", .gauge, help: "Most file descriptors that may be open.")
        sample(process.maximumDescriptors)
        begin("process_start_time_seconds", .gauge, help: "When the process started, in seconds since 1970.")
        sample(process.startTime)
    }
}
