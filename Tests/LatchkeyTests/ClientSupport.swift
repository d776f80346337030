import Glibc
import Sockets
import Synchronization
import TestSupport
import Testing

/// Whether `text` is one line of the program's, with this part in it.
func isOneLine(_ text: String, with part: String) -> Bool {
    text.hasPrefix("latchkey: ") && text.hasSuffix("\n") && text.count(where: \.isNewline) == 1 && text.contains(part)
}

/// A directory for the length of a test.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/latchkey-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SocketFailure("create a directory") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in names.withLock({ $0 }) { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// The names of the files that were made here.
    private let names = Mutex<Set<String>>([])

    /// The path of a file with this name, which is removed at the end.
    func file(_ name: String) -> String {
        names.withLock { _ = $0.insert(name) }
        return "\(path)/\(name)"
    }

    /// A file with this content.
    @discardableResult
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = file(name)
        guard let stream = fopen(path, "we"), fwrite(bytes, 1, bytes.count, stream) == bytes.count, fclose(stream) == 0
        else {
            throw SocketFailure("write \(path)")
        }
        return path
    }

    /// The content of a file; nil where there is none.
    func content(_ name: String) -> [UInt8]? {
        guard let stream = fopen("\(path)/\(name)", "re") else { return nil }
        defer { fclose(stream) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 { content += buffer[..<count] }
        return content
    }
}

/// An answer of 200 with this content and tag.
func valueAnswer(_ content: String, tag: String = "\"a-1\"", fields: String = "") -> ScriptedServer.Answer {
    .text("HTTP/1.1 200 OK\r\nETag: \(tag)\r\n\(fields)Content-Length: \(content.utf8.count)\r\n\r\n\(content)")
}

/// An answer with this status and message.
func errorAnswer(_ status: String, _ message: String = "") -> ScriptedServer.Answer {
    .text("HTTP/1.1 \(status)\r\nContent-Length: \(message.utf8.count)\r\n\r\n\(message)")
}
