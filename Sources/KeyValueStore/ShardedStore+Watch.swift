public import ByteBuffers

extension ShardedStore {
    /// From now on tells `watcher` of every change of `key`. Look the key up after this, not before, to miss none.
    public func watch(_ key: BorrowedBytes, _ watcher: any KeyWatcher) {
        let key = hashed(key)
        cell(of: key).pointee.watchers.add(watcher, hash: key.hash)
    }

    /// Ends what `watch` began with the same key. The watcher may still be told of a change that happens meanwhile.
    public func unwatch(_ key: BorrowedBytes, _ watcher: any KeyWatcher) {
        let key = hashed(key)
        cell(of: key).pointee.watchers.remove(watcher, hash: key.hash)
    }

    /// Whether a write with `condition` may succeed, now or later, and the key's version now.
    ///
    /// False is certain: a version that has been replaced or removed never comes back.
    ///
    /// - Locking: acquires the shard's lock as a look-up does.
    public func mayHold(_ condition: WriteCondition, for key: BorrowedBytes) -> (mayHold: Bool, current: UInt64?) {
        let key = hashed(key)
        return cell(of: key).pointee.lock.withLock(.read) { $0.mayHoldLocked(condition, for: key) }
    }
}
