import Configuration
import Glibc

/// The configuration file, read by swift-configuration's file provider.
struct SettingsFile {
    let provider: any ConfigProvider
    /// The keys that the file has.
    let names: [String]

    /// Reads the file at `path` in full. Throws where it cannot be used as a whole, or has a value of a wrong kind.
    static func open(_ path: String) async throws(ConfigurationError) -> SettingsFile {
        if let reason = unreadable(path) {
            throw .unusableFile(path: path, reason: reason)
        }
        do {
            // The file's path goes in as a setting: the provider's other initializer takes a type of another package.
            let location = InMemoryProvider(values: ["filePath": ConfigValue(.string(path), isSecret: false)])
            let provider = try await FileProvider<SettingsSnapshot>(config: ConfigReader(provider: location))
            let snapshot = provider.snapshot() as? SettingsSnapshot
            return SettingsFile(provider: provider, names: snapshot.map { Array($0.members.keys) } ?? [])
        } catch SettingsDocumentError.malformed(let line, let problem) {
            throw .unusableFile(path: path, reason: "line \(line): \(problem)")
        } catch SettingsDocumentError.unsuitable(let key, let value) {
            throw .invalidValue(setting: "\(key) in \(path)", value: value, allowed: "a string or a number")
        } catch {
            // It was readable just before, so it changed meanwhile; the provider's error would fill a page.
            throw .unusableFile(path: path, reason: "cannot be read")
        }
    }

    /// Why the file at `path` will not do, in the system's words; nil where nothing is wrong with it.
    private static func unreadable(_ path: String) -> String? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, unsafe access(path, R_OK) == 0 else {
            return unsafe String(cString: strerror(errno))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return "not a regular file" }
        if status.st_size == 0 { return "empty" }
        return status.st_size > sizeLimit ? "longer than \(sizeLimit) bytes" : nil
    }

    /// Bytes. Far above what all settings together take; what is longer is another file.
    private static let sizeLimit = 1 << 20
}

/// What swift-configuration looks settings up in.
///
/// Rather than its own JSON snapshot, because that needs all of Foundation (tens of megabytes), does not tell its keys
/// (so a misspelled one would be ignored), and takes a number only where one is asked for.
struct SettingsSnapshot: FileConfigSnapshot {
    struct ParsingOptions: FileParsingOptions {
        static let `default` = ParsingOptions()
    }

    let providerName: String
    let members: [String: String]

    init(data: RawSpan, providerName: String, parsingOptions: ParsingOptions) throws {
        self.providerName = providerName
        members = try SettingsDocument(unsafe data.withUnsafeBytes { unsafe Array($0) }).members
    }

    func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
        let name = key.components.joined(separator: ".")
        let value = members[name].map { ConfigValue(.string($0), isSecret: false) }
        return LookupResult(encodedKey: name, value: value)
    }

    var description: String { "\(providerName)[\(members.count) values]" }
    var debugDescription: String { description }
}
