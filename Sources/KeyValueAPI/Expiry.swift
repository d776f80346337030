import ByteBuffers
import HTTPMessages
import KeyValueStore

/// What a write says of the deadline of what it stores.
enum Expiry {
    /// There is none.
    case never
    /// So long after the write.
    case after(TimeToLive)
    /// That of the value before; where there was none, this one.
    case kept(orElse: TimeToLive?)

    /// Whether the entry needs room for a deadline.
    var needsRoom: Bool {
        switch self {
        case .never: false
        case .after, .kept: true
        }
    }

    /// Whether the deadline of the value before is taken over.
    var isKept: Bool { if case .kept = self { true } else { false } }

    /// Sets the deadline of an entry that nobody else has seen, counted from now on.
    func apply(to entry: Entry, clock: StoreClock) {
        switch self {
        case .never, .kept(orElse: nil): break
        case .after(let time), .kept(orElse: let time?): entry.setDeadline(clock.now + time.nanoseconds)
        }
    }
}

extension KeyValueAPI {
    private static let parameters: [StaticString] = ["ttl", "keepttl"]

    /// What the query of a PUT asks for.
    @inline(__always)
    func expiry(of target: RequestTarget) throws(Problem) -> Expiry {
        guard let query = target.query else { return defaultExpiry }
        return try expiry(try Query(query, knows: Self.parameters))
    }

    private var defaultExpiry: Expiry { limits.defaultTimeToLive.map { .after($0) } ?? .never }

    /// What `ttl` and `keepttl` ask for; the default where neither is there.
    func expiry(_ query: Query) throws(Problem) -> Expiry {
        let isKept = query.contains("keepttl")
        if let value = query.value(of: "keepttl"), !value.isEmpty {
            throw Problem(.badRequest, "query parameter 'keepttl' takes no value, but has '\(value.excerpt())'")
        }
        guard let text = query.value(of: "ttl") else {
            if isKept { return .kept(orElse: limits.defaultTimeToLive) }
            return defaultExpiry
        }
        if isKept { throw Problem(.badRequest, "query parameters 'ttl' and 'keepttl' exclude each other") }
        return .after(try TimeToLive(text))
    }

    /// Whole seconds until an entry expires, rounded up; nil for one that does not.
    func secondsLeft(of entry: Entry) -> Int? {
        guard entry.hasDeadline, case let deadline = entry.deadline, deadline != Entry.never else { return nil }
        let now = store.clock.now
        return deadline <= now ? 0 : Int((deadline - now + 999_999_999) / 1_000_000_000)
    }
}
