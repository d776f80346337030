/// What becomes of a write that there is no memory for.
public enum EvictionPolicy: String, Sendable, CaseIterable {
    /// It is refused.
    case none
    /// Entries make room that are not used, by S3-FIFO: see Documentation/Eviction.md.
    case s3FIFO = "s3-fifo"
}
