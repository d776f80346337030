import Glibc
public import Logging

/// Writes one line an event to standard error.
///
/// - Locking: none. Each line is one `write(2)`, which the system does not mix with those of other threads as long as
///   it takes the line whole: always on a file, and up to `PIPE_BUF` (4,096 bytes) on a pipe.
public struct LineLogHandler: LogHandler {
    /// Metadata of every event; an event's own wins over it.
    public var metadata: Logger.Metadata = [:]
    /// Gives metadata at the time of the event. Wins over `metadata`, loses to the event's own.
    public var metadataProvider: Logger.MetadataProvider?
    /// The least severe level that is written.
    public var logLevel: Logger.Level
    private let label: String
    private let format: LogFormat
    private let descriptor: Int32

    /// A handler for the logger named `label`. `descriptor`, standard error if not given, must stay open for as long as
    /// the handler is used.
    public init(
        label: String, format: LogFormat, level: Logger.Level = .info, descriptor: Int32 = 2
    ) {
        self.label = label
        self.format = format
        self.logLevel = level
        self.descriptor = descriptor
    }

    /// One metadata value by its key.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes the event. One that cannot be written is lost: there is nowhere to report it.
    public func log(event: LogEvent) {
        let line = LogLine(
            time: .now, label: label, level: event.level, message: event.message.description,
            metadata: merged(with: event))
        let bytes = Array(line.rendered(as: format).utf8)
        unsafe bytes.withUnsafeBytes { buffer in
            // Again only where a signal came before the first byte: a retried rest would be a second write.
            while unsafe write(descriptor, buffer.baseAddress, buffer.count) < 0, errno == EINTR {}
        }
    }

    private func merged(with event: LogEvent) -> Logger.Metadata {
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { $1 } }
        if let own = event.metadata { merged.merge(own) { $1 } }
        if let error = event.error, merged["error"] == nil { merged["error"] = "\(error)" }
        return merged
    }
}

extension ServerConfiguration {
    /// The logger that this configuration asks for. Needs no process-wide bootstrap.
    public func makeLogger() -> Logger {
        Logger(label: "latchkey") { LineLogHandler(label: $0, format: logFormat, level: logLevel) }
    }
}
