import ByteBuffers
import HTTPMessages
import KeyValueStore
import Synchronization

// DELETE on /keys: removes all keys that begin with a prefix.
extension KeyValueAPI {
    private static let removalParameters: [StaticString] = ["prefix", "all"]

    func removeAll(_ request: Request, _ target: RequestTarget) throws(Problem) -> Response {
        let query = try Query(target.query, knows: Self.removalParameters)
        try refuseConditions(request, "all that have a prefix")
        if let all = query.value(of: "all"), !(all == "true") {
            throw Problem(.badRequest, "all '\(all.excerpt())' is not true")
        }
        let prefix = query.value(of: "prefix") ?? BorrowedBytes("")
        guard !prefix.isEmpty || query.contains("all") else {
            throw Problem(.badRequest, "name a prefix, as in ?prefix=x, or say all=true to remove every key")
        }
        return try withDecodedPrefix(prefix) { (prefix) throws(Problem) in
            guard let removal = PrefixRemoval(store, prefix: SharedBytes(copying: prefix), slots: removalSlots) else {
                throw Problem(.serviceUnavailable, "\(RemovalSlots.count) removals by prefix are at work already")
            }
            return Response(later: removal, route: Route.collection.id)
        }
    }
}

/// How many removals by prefix may be at work.
final class RemovalSlots: Sendable {
    static let count = 4
    private let taken = Atomic<Int>(0)

    /// Takes a slot; false where none is free.
    func take() -> Bool {
        if taken.add(1, ordering: .relaxed).newValue <= Self.count { return true }
        giveBack()
        return false
    }

    /// Gives a slot back that was taken.
    func giveBack() { taken.subtract(1, ordering: .relaxed) }
}

/// The removal of many keys, step by step in a task of its own, so that no event loop stands still meanwhile.
///
/// Not atomic: each key is removed as if alone. Goes on where the client has left, as any request that has arrived; ends early
/// only where the server stops.
private final class PrefixRemoval: PendingResponse {
    private let store: ShardedStore
    private let prefix: SharedBytes
    private let removed = Atomic<Int>(0)
    private let isDone = Atomic<Bool>(false)
    private let isStopping = Atomic<Bool>(false)
    private let slots: RemovalSlots

    /// Nil where as many as may be are at work.
    init?(_ store: ShardedStore, prefix: SharedBytes, slots: RemovalSlots) {
        guard slots.take() else { return nil }
        self.store = store
        self.prefix = prefix
        self.slots = slots
    }

    var deadline: ContinuousClock.Instant? { nil }

    func start(_ resumption: any Resumption) {
        Task.detached {
            await self.run()
            self.slots.giveBack()
            self.isDone.store(true, ordering: .releasing)
            resumption.resume()
        }
    }

    private func run() async {
        var position: ShardedStore.WalkPosition? = .init()
        while position != nil, !isStopping.load(ordering: .relaxed) {
            for walked in store.nextEntries(from: &position) {
                walked.entry.key.withBorrowedBytes { key in
                    guard prefix.withBorrowedBytes({ key.starts(with: $0) }), store.remove(key) == .removed else {
                        return
                    }
                    removed.add(1, ordering: .relaxed)
                }
            }
            // Other tasks get their turn.
            await Task.yield()
        }
    }

    func response(to request: Request, isLast: Bool) -> Response? {
        let asJSON = request.prefersJSON
        let isDone = isDone.load(ordering: .acquiring)
        let count = removed.load(ordering: .relaxed)
        guard isDone else {
            guard isLast else { return nil }
            isStopping.store(true, ordering: .relaxed)
            return Problem(.serviceUnavailable, "the server is stopping; \(count) keys were removed, others were not")
                .response(route: Route.collection.id, asJSON: asJSON)
        }
        let text = asJSON ? #"{"removed":\#(count)}"# : "\(count)"
        var response = Response(
            .ok, route: Route.collection.id, body: .shared(SharedBytes(copying: (text + "\n").utf8)))
        response.contentType = asJSON ? .json : .plainTextByAccept
        return response
    }

    func end() {}
}
