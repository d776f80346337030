public import ByteBuffers

extension ShardedStore {
    /// Bytes that an upload may take without being counted, so that small ones cost nothing.
    @inlinable
    public static var uncountedUpload: Int { 8 * 1024 }

    /// Whether there is memory for an upload.
    public enum UploadAdmission: Sendable {
        /// There is. The memory is given back when the allowance is released; nil where none was taken.
        case admitted(UploadAllowance?)
        /// Other uploads have it: soon there may be.
        case busy
        /// There is not.
        case full
    }

    /// Bytes that uploads in progress may take.
    public var maximumUploads: Int { memory.uploadLimit }

    /// Bytes that uploads in progress take.
    public var uploadBytes: Int { memory.uploadBytes }

    /// Uploads for which there was no memory, though there would be for one alone.
    public var refusedUploads: UInt64 { memory.refusedUploads }

    /// Takes memory for an upload of `count` bytes, nil where nobody knows how many there will be: then the builder
    /// takes more as it grows.
    ///
    /// - Complexity: O(1), and where entries are evicted, O(those).
    /// - Locking: none, unless entries are evicted.
    public func admitUpload(of count: Int?) -> UploadAdmission {
        guard let count else { return .admitted(UploadAllowance(self, 0)) }
        if count <= Self.uncountedUpload { return .admitted(nil) }
        if count > memory.uploadLimit { return .full }
        guard memory.takeUpload(count) else {
            memory.countRefusedUpload()
            return .busy
        }
        // From here on given back with the allowance.
        let allowance = UploadAllowance(self, count)
        return makeRoomForUploads() ? .admitted(allowance) : .full
    }

    /// Whether there is memory for an answer that is more than a reference to an entry.
    public var admitsAnswers: Bool { makeRoomForUploads() }

    /// Counts an answer, made in an `AnswerStorage`, as pinned until it is sent; not a small one.
    public func pin(_ answer: SharedBytes) {
        guard answer.count > Self.uncountedUpload, let storage = answer.storage as? AnswerStorage else { return }
        storage.pin(answer.count, of: memory)
    }

    /// Evicts what uploads and answers take from the store: a bit at once, where it is much, and the rest with the next housekeeping.
    ///
    /// - Returns: whether the store is within what it may take while values are replaced.
    fileprivate func makeRoomForUploads() -> Bool {
        if evicts, memory.isExceeded(by: 0) {
            evictExcess(atMost: memory.isCeilingExceeded(by: 0) ? .max : 1 << 20)
        }
        return !memory.isCeilingExceeded(by: 0)
    }
}

/// The memory of one upload, which counts as the store's until this is released.
///
/// `@unchecked Sendable`: `count` is changed by the one builder that it belongs to.
public final class UploadAllowance: BuilderAllowance, @unchecked Sendable {
    private let store: ShardedStore
    private var count: Int

    fileprivate init(_ store: ShardedStore, _ count: Int) {
        self.store = store
        self.count = count
    }

    deinit { if count != 0 { store.memory.returnUpload(count) } }

    /// Takes what is missing to `capacity` bytes. Locking: as `ShardedStore.admitUpload`.
    public func allows(capacity: Int) -> Bool {
        if capacity <= ShardedStore.uncountedUpload || capacity <= count { return true }
        let more = capacity - count
        guard store.memory.takeUpload(more) else {
            store.memory.countRefusedUpload()
            return false
        }
        count = capacity
        if store.makeRoomForUploads() { return true }
        store.memory.countRefusedUpload()
        return false
    }
}
