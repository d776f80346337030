// The C library declares `environ` as a plain variable. Nothing here changes the environment once a process runs.
@unsafe @preconcurrency import Glibc

/// The environment of this process.
public enum ProcessEnvironment {
    /// Every variable by its name. Bytes that are not UTF-8 are replaced with U+FFFD.
    public static var variables: [String: String] {
        var variables: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let pair = unsafe String(cString: text)
            if let separator = pair.firstIndex(of: "=") {
                variables[String(pair[..<separator])] = String(pair[pair.index(after: separator)...])
            }
            unsafe entry += 1
        }
        return variables
    }
}
