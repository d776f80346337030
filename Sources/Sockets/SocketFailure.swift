public import Glibc

/// A socket operation that the system refused.
public struct SocketFailure: Error, CustomStringConvertible, Equatable {
    /// What was tried, as it reads after "cannot".
    public let operation: String
    /// The system's error number.
    public let code: Int32

    /// A failure of `operation`, with `errno` unless another code is given.
    public init(_ operation: String, code: Int32 = errno) {
        self.operation = operation
        self.code = code
    }

    /// One line: what could not be done, and what the system says to that.
    public var description: String { "cannot \(operation): \(String(cString: strerror(code)))" }
}
