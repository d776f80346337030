import Glibc
import Sockets
import TestSupport

// What the system tells of a program, and is told about it. `proc(5)`.
extension Program {
    /// The numbers of its open descriptors.
    func descriptors() throws -> [Int] { try numbers(in: "fd") }

    /// Waits until it has no threads that run tasks. They are there for some seconds after the last task.
    func waitForNoTasks() throws {
        let hasNone = try eventually {
            try !numbers(in: "task").contains { try name(ofThread: $0).contains("default-qos") }
        }
        guard hasNone else { throw stillRunning() }
    }

    private func name(ofThread number: Int) throws -> String {
        let descriptor = open("/proc/\(process)/task/\(number)/comm", O_RDONLY)
        guard descriptor >= 0 else { return "" }  // It has ended meanwhile.
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 32)
        let count = read(descriptor, &text, text.count)
        return String(decoding: text.prefix(max(0, count)), as: UTF8.self)
    }

    private func numbers(in folder: String) throws -> [Int] {
        guard let folder = opendir("/proc/\(process)/\(folder)") else { throw SocketFailure("list \(folder)") }
        defer { closedir(folder) }
        var numbers: [Int] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let number = Int(name) { numbers.append(number) }
        }
        return numbers
    }

    /// Has the system give it no descriptor with this number or a higher one. `prlimit(1)`.
    func limitDescriptors(to limit: Int) throws {
        let outcome = try Program(
            ["--pid", "\(process)", "--nofile=\(limit):"], surroundings: Surroundings(executable: "/usr/bin/prlimit")
        ).outcome()
        guard outcome.code == 0 else { throw SocketFailure("limit descriptors: \(outcome.errors)", code: EPERM) }
    }
}
