import CBuildInfo

/// The version of this build, as `latchkey --version` prints it.
public enum LatchkeyVersion {
    /// Semantic version, without a leading `v`.
    public static let string = "0.1.0"
    // Unsafe: a constant string of C.
    /// The commit that it was built from, or `unknown`.
    public static let commit = unsafe String(cString: latchkey_commit())
}
