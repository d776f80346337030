public import Glibc

/// A socket operation that the system refused.
public struct SocketFailure: Error, CustomStringConvertible, Equatable {
    /// What was tried, as it reads after "cannot".
    public let operation: String
    /// The system's error number; `EADDRNOTAVAIL` for all that its resolver fails with.
    public let code: Int32
    /// What the system says to that.
    private let reason: String

    /// A failure of `operation`, with `errno` unless another code is given.
    public init(_ operation: String, code: Int32 = errno) {
        self.init(operation, code, String(cString: strerror(code)))
    }

    /// A failure of `operation` for which the system has no words of its own.
    public init(_ operation: String, code: Int32, reason: String) {
        self.init(operation, code, reason)
    }

    /// A failure of `getaddrinfo(3)`, which has error numbers of its own, in an attempt to do `operation`.
    init(_ operation: String, resolverCode: Int32) {
        if resolverCode == EAI_SYSTEM {
            self.init(operation)
        } else {
            self.init(operation, EADDRNOTAVAIL, String(cString: gai_strerror(resolverCode)))
        }
    }

    private init(_ operation: String, _ code: Int32, _ reason: String) {
        self.operation = operation
        self.code = code
        self.reason = reason
    }

    /// One line: what could not be done, and what the system says to that.
    public var description: String { "cannot \(operation): \(reason)" }
}
