import Foundation

/// This thread's name in `/proc`, for `isAsleep`. proc(5), `/proc/thread-self`.
public func currentThreadName() throws -> String {
    try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
}

/// Whether a thread of this process, named as in `/proc`, sleeps. proc(5), `/proc/pid/stat`.
public func isAsleep(_ thread: String) throws -> Bool {
    let line = try String(contentsOfFile: "/proc/\(thread)/stat", encoding: .utf8)
    return line[line.lastIndex(of: ")")!...].hasPrefix(") S")
}
