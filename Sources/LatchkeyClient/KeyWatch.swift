import Glibc
import HTTPMessages

/// A key that is watched: each of its changes, as soon as the server tells of it. Blocks. Of changes that follow closely
/// upon each other, the last is certain to be seen.
public struct KeyWatch {
    /// How long the server is asked to wait for a change before it answers that there was none (RFC 7240 section 4.3).
    public static let waitSeconds = 30

    private let client: HTTPClient
    private let target: String
    /// What the last answer told of; nil before the first.
    private var seen: State?

    private enum State: Equatable {
        case deleted
        case value(entityTag: String)
    }

    /// What has become of the key.
    public enum Change {
        /// It has no value, any more or yet.
        case deleted
        /// It has another value, which is the content of the answer.
        case value(entityTag: String, ClientResponse)
    }

    /// A watch that first tells of the state that the key is in. Its requests may take the time that the server waits,
    /// and the client's time-out on top.
    public init(_ client: HTTPClient, key: [UInt8]) {
        self.client = client.waiting(secondsMore: Self.waitSeconds)
        target = client.service.target(key: key)
    }

    /// Waits for the next change.
    public mutating func next() throws(ClientFailure) -> Change {
        var pause = Pause()
        while true {
            let start = ContinuousClock.now
            var request = ClientRequest(.get, target)
            if case .value(let entityTag) = seen { try request.add("If-None-Match", entityTag) }
            if seen != nil { try request.add("Prefer", "wait=\(Self.waitSeconds)") }
            let response = try client.send(request)
            switch response.head.status {
            case 200:
                guard let entityTag = response.entityTag else {
                    throw .malformedAnswer("there is no ETag in it, so that a change could not be told")
                }
                seen = .value(entityTag: entityTag)
                return .value(entityTag: entityTag, response)
            case 404 where seen != .deleted:
                seen = .deleted
                return .deleted
            default:
                try response.require(seen == .deleted ? 404 : 304)
                // A server that does not wait must not be asked all the time.
                if ContinuousClock.now - start < .seconds(1) { pause.take() }
            }
        }
    }
}

/// Waits of growing length, up to a second.
private struct Pause {
    private var milliseconds: UInt32 = 20

    mutating func take() {
        usleep(milliseconds * 1000)
        milliseconds = min(1000, milliseconds * 2)
    }
}
