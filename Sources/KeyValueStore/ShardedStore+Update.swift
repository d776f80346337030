public import ByteBuffers

extension ShardedStore {
    /// What became of an update.
    public enum UpdateOutcome: Sendable {
        /// The key was missing, and has this entry now.
        case created(Entry)
        /// The key was present, and has this entry now.
        case replaced(Entry)
        /// The condition did not hold for this version, nil where the key is missing. Nothing has changed.
        case conditionFailed(current: UInt64?)
        /// There is no memory for the new entry. Nothing has changed.
        case full
    }

    /// Puts in the place of the entry for `key`, nil where it is missing, what `make` makes of it, if `condition` holds for it.
    /// Atomic: no other write happens in between.
    ///
    /// - Parameters:
    ///   - keepsDeadline: whether the new entry takes over the deadline. It has room for one where the entry that it was made of has.
    ///   - make: makes the new entry; called again, with the entry that is there then, where another write came first. What it
    ///     throws is thrown on, and nothing has changed.
    /// - Locking: acquires the shard's lock to look up, and to write only if the entry is still the same; `make` runs with the
    ///   lock free. Whenever it must run again, another write of the key has succeeded.
    public func update<Failure: Error>(
        _ key: BorrowedBytes, if condition: WriteCondition?, keepsDeadline: Bool,
        _ make: (Entry?) throws(Failure) -> Entry
    ) throws(Failure) -> UpdateOutcome {
        let hashedKey = hashed(key)
        let cell = cell(of: hashedKey)
        while true {
            var current = cell.pointee.lock.withLock(.read) { $0.peekLocked(hashedKey) }
            let version = current?.version
            if let condition, !condition.holds(for: version) { return .conditionFailed(current: version) }
            let entry = try make(current)
            // Else it would have an owner beside the table when it is replaced.
            current = nil
            let unchanged =
                if let version {
                    WriteCondition(matching: .versions([version]))
                } else {
                    WriteCondition(notMatching: .any)
                }
            switch put(entry, if: unchanged, keepsDeadline: keepsDeadline) {
            case .created: return .created(entry)
            case .replaced: return .replaced(entry)
            case .full: return .full
            case .conditionFailed: continue
            }
        }
    }
}
