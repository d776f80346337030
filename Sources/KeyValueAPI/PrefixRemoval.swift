import ByteBuffers
import HTTPMessages
import KeyValueStore
import Synchronization
import Threads

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

/// The removal of many keys, step by step on a thread of its own, so that no event loop stands still meanwhile. No task, for the
/// reason that the housekeeper is none.
///
/// Not atomic: each key is removed as if alone. Goes on where the client has left, as any request that has arrived; ends early
/// only where the server stops.
private final class PrefixRemoval: PendingResponse {
    private let store: ShardedStore
    private let prefix: SharedBytes
    private let removed = Atomic<Int>(0)
    private let state = Atomic<State>(.atWork)
    private let isStopping = Atomic<Bool>(false)
    private let slots: RemovalSlots

    private enum State: UInt8, AtomicRepresentable { case atWork, done, withoutThread }

    /// Nil where as many as may be are at work.
    init?(_ store: ShardedStore, prefix: SharedBytes, slots: RemovalSlots) {
        guard slots.take() else { return nil }
        self.store = store
        self.prefix = prefix
        self.slots = slots
    }

    var deadline: ContinuousClock.Instant? { nil }

    func start(_ resumption: any Resumption) {
        do {
            try detachThread("removing") { [self] in
                run()
                end(.done, resumption)
            }
        } catch {
            end(.withoutThread, resumption)
        }
    }

    private func end(_ state: State, _ resumption: any Resumption) {
        slots.giveBack()
        self.state.store(state, ordering: .releasing)
        resumption.resume()
    }

    private func run() {
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
        }
    }

    func response(to request: Request, isLast: Bool) -> Response? {
        let asJSON = request.prefersJSON
        let state = state.load(ordering: .acquiring)
        let count = removed.load(ordering: .relaxed)
        guard state == .done else {
            guard state == .withoutThread || isLast else { return nil }
            isStopping.store(true, ordering: .relaxed)
            let reason =
                state == .withoutThread
                ? "the system has no thread to remove keys on"
                : "the server is stopping; \(count) keys were removed, others were not"
            return Problem(.serviceUnavailable, reason).response(route: Route.collection.id, asJSON: asJSON)
        }
        let text = asJSON ? #"{"removed":\#(count)}"# : "\(count)"
        var response = Response(
            .ok, route: Route.collection.id, body: .shared(SharedBytes(copying: (text + "\n").utf8)))
        response.contentType = asJSON ? .json : .plainTextByAccept
        return response
    }

    func end() {}
}
