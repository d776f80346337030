import ByteBuffers
import HTTPMessages
import KeyValueStore
import Locks
import Synchronization

/// A GET or HEAD that waits for its key to change (`Prefer: wait`, RFC 7240 section 4.3): to have another value than the
/// client knows, or to have one at all.
///
/// It holds nothing but the key: whenever something may have happened it is answered anew.
final class KeyWait: PendingResponse {
    private let api: KeyValueAPI
    private let key: SharedBytes
    private let seconds: Int
    private let waitEnd: ContinuousClock.Instant
    /// The version that the key had when the request came; nil where it was missing.
    private let seenVersion: UInt64?
    private let watch = KeyWatch()
    /// When the entry last seen expires, which nobody tells at that moment.
    private let entryDeadline: Atomic<UInt64>

    init(api: KeyValueAPI, key: SharedBytes, seconds: Int, seen entry: Entry?) {
        self.api = api
        self.key = key
        self.seconds = seconds
        waitEnd = .now + .seconds(seconds)
        seenVersion = entry?.version
        entryDeadline = Atomic(entry?.deadline ?? Entry.never)
    }

    var deadline: ContinuousClock.Instant? {
        let entryDeadline = entryDeadline.load(ordering: .relaxed)
        guard entryDeadline != Entry.never else { return waitEnd }
        let now = api.store.clock.now
        return min(waitEnd, .now + .nanoseconds(Int64(clamping: entryDeadline > now ? entryDeadline - now : 0)))
    }

    func start(_ resumption: any Resumption) {
        watch.begin(resumption)
        // Watched first and looked up then, so that a write is either seen here or told of.
        let current = key.withBorrowedBytes { key in
            api.store.watch(key, watch)
            return api.store.peek(key)
        }
        entryDeadline.store(current?.deadline ?? Entry.never, ordering: .relaxed)
        if current?.version != seenVersion { resumption.resume() }
    }

    func response(to request: Request, isLast: Bool) -> Response? {
        let entry = key.withBorrowedBytes { api.store.peek($0) }
        entryDeadline.store(entry?.deadline ?? Entry.never, ordering: .relaxed)
        var response = api.answer(to: request, with: entry)
        let isUnchanged = seenVersion == nil ? entry == nil : response.status == .notModified
        if isUnchanged, !isLast { return nil }
        response.add(preferenceApplied: "wait=\(seconds)")
        return api.addingDigest(to: response, for: request, isLast: isLast)
    }

    func end() { key.withBorrowedBytes { api.store.unwatch($0, watch) } }
}

/// Resumes a request when its key changes.
private final class KeyWatch: KeyWatcher {
    private let resumption = AnnotatedMutex<(any Resumption)?>(nil)

    func begin(_ resumption: any Resumption) { self.resumption.withLock { $0 = resumption } }

    func keyChanged() {
        let resumption = resumption.withLock { $0 }
        resumption?.resume()
    }
}

extension KeyValueAPI {
    /// The promise of an answer to a GET or HEAD whose key is as the client knows it: with `entry`, or missing. Nil where the
    /// client does not ask to wait.
    func wait(
        of request: Request, for target: RequestTarget, seen entry: Entry?
    ) throws(Problem) -> Response? {
        guard let seconds = request.preferredWait, seconds > 0 else { return nil }
        let key = try withKey(of: target) { SharedBytes(copying: $0) }
        return Response(later: KeyWait(api: self, key: key, seconds: seconds, seen: entry), route: Route.keys.id)
    }

    /// The answer to a GET or HEAD of a key that has `entry` now. Its condition has been read before, and is no other now.
    fileprivate func answer(to request: Request, with entry: Entry?) -> Response {
        do throws(Problem) {
            guard let entry else { throw noSuchKey }
            return respond(with: entry, to: request, if: try condition(of: request))
        } catch {
            return error.response(route: Route.keys.id, asJSON: request.prefersJSON)
        }
    }
}
