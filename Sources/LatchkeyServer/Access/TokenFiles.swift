import HTTPMessages
import KeyValueAPI

/// The files with the tokens that let in.
struct TokenFiles: Sendable {
    private let writing: String
    private let reading: String?

    /// nil where everybody is let in.
    init?(_ configuration: ServerConfiguration) {
        guard let writing = configuration.tokenFile else { return nil }
        self.writing = writing
        reading = configuration.readTokenFile
    }

    /// Bytes. A list of the most tokens, each of the greatest length and with a comment, is shorter.
    private static let sizeLimit = 1 << 17

    /// Reads the files.
    func makeAccessControl() throws(StartFailure) -> AccessControl {
        let (writers, readers) = try read()
        return AccessControl(writers: writers, readers: readers)
    }

    /// Reads the files, and has their tokens count from now on. Where a file cannot be used, nothing changes.
    func reload(into access: AccessControl) throws(StartFailure) {
        let (writers, readers) = try read()
        access.replace(writers: writers, readers: readers)
    }

    private func read() throws(StartFailure) -> (TokenList, TokenList?) {
        let writers = try Self.list(in: writing)
        return (writers, try reading.map { (path) throws(StartFailure) in try Self.list(in: path) })
    }

    private static func list(in path: String) throws(StartFailure) -> TokenList {
        let content: [UInt8]
        do {
            content = try LatchkeyServer.content(ofFile: path, limit: sizeLimit)
        } catch {
            throw StartFailure(description: "cannot use token file \(path): \(error.reason)")
        }
        do {
            return try TokenList(content)
        } catch {
            throw StartFailure(description: "cannot use token file \(path): \(error)")
        }
    }
}
