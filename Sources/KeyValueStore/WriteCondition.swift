/// Which versions a write insists on or refuses, decided under the shard's lock.
public enum VersionSet: Sendable, Equatable {
    /// Any version: matches whenever the key is present.
    case any
    /// These versions.
    case versions([UInt64])

    /// Whether the current version is in the set. A missing key, nil, is in none.
    public func contains(_ current: UInt64?) -> Bool {
        guard let current else { return false }
        return switch self {
        case .any: true
        case .versions(let versions): versions.contains(current)
        }
    }
}

/// What must hold of a key's current version for a write or a removal to happen.
public struct WriteCondition: Sendable, Equatable {
    /// The current version must be in this set.
    public var matching: VersionSet?
    /// The current version must not be in this set.
    public var notMatching: VersionSet?

    /// No condition, unless given.
    public init(matching: VersionSet? = nil, notMatching: VersionSet? = nil) {
        self.matching = matching
        self.notMatching = notMatching
    }

    /// Whether the condition holds for the version that the key has now, nil where it is missing. O(versions named).
    public func holds(for current: UInt64?) -> Bool {
        if let matching, !matching.contains(current) { return false }
        if let notMatching, notMatching.contains(current) { return false }
        return true
    }
}
