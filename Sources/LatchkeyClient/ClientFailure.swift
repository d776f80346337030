import Glibc
public import Sockets

/// Why a request came to nothing. Its description is one line for standard error.
public enum ClientFailure: Error, Equatable, Sendable {
    /// What the user gave as the service's URL cannot be used, for this reason.
    case unusableURL(String, reason: String)
    /// What the user gave cannot stand in the field with this name.
    case unusableField(String)
    /// The service was not reached, or the connection to it broke.
    case connection(SocketFailure)
    /// An operation made no progress for so many seconds. The operation reads as after "cannot".
    case timedOut(operation: String, seconds: Int)
    /// What came is no answer as RFC 9112 has it; the text says why.
    case malformedAnswer(String)
    /// The service answered, with a status that is not what was asked for. The message is the service's own, on one line.
    case refused(status: Int, reason: String, message: String)
    /// A file cannot be opened, read or written. The operation reads as after "cannot"; the code is the system's.
    case file(operation: String, code: Int32)
    /// The file with this name has no token to show, for this reason.
    case unusableToken(name: String, reason: String)
    /// A file that is read as a whole has more than so many bytes.
    case fileTooLong(name: String, limit: Int)
    /// A file had fewer bytes than it said at first.
    case fileShrank(name: String, missing: Int)

    /// The failure of a socket, on which a wait of `seconds` that was over shows as one of several error numbers.
    init(_ failure: SocketFailure, timeoutSeconds seconds: Int) {
        switch failure.code {
        case EAGAIN, EINPROGRESS: self = .timedOut(operation: failure.operation, seconds: seconds)
        default: self = .connection(failure)
        }
    }
}

extension ClientFailure: CustomStringConvertible {
    /// One line: what could not be done, and why.
    public var description: String {
        switch self {
        case .unusableURL(let text, let reason): "cannot use the URL '\(oneLine(text.utf8))': \(reason)"
        case .unusableField(let name): "\(name): a value with control characters cannot be sent"
        case .connection(let failure): "\(failure)"
        case .timedOut(let operation, let seconds): "cannot \(operation): no progress for \(seconds) s"
        case .malformedAnswer(let reason): "cannot understand the answer: \(reason)"
        case .refused(let status, let reason, let message):
            "the server answered \(status)"
                + (reason.isEmpty ? "" : " \(reason)") + (message.isEmpty ? "" : ": \(message)")
        // Unsafe: a string of C that stays as it is until the next call.
        case .file(let operation, let code): unsafe "cannot \(operation): \(String(cString: strerror(code)))"
        case .unusableToken(let name, let reason): "cannot use token file \(name): \(reason)"
        case .fileTooLong(let name, let limit): "cannot use \(name): it is longer than \(limit) bytes"
        case .fileShrank(let name, let missing): "cannot send \(name): it became \(missing) bytes shorter meanwhile"
        }
    }
}

/// `bytes` as text for a message: nothing in it ends the line or steers a terminal, and what is longer than `limit` bytes
/// is cut. O(limit).
func oneLine(_ bytes: some Collection<UInt8>, limit: Int = 300) -> String {
    var text = ""
    for scalar in String(decoding: bytes.prefix(limit), as: UTF8.self).unicodeScalars {
        let isControl = scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
        text.unicodeScalars.append(isControl ? " " : scalar)
    }
    while text.unicodeScalars.last == " " { text.unicodeScalars.removeLast() }
    return bytes.count > limit ? text + "…" : text
}
