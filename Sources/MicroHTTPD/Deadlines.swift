extension HTTPServer {
    /// How long a connection may take for each of its steps. Kept by sweeps over all connections, so that no request pays
    /// for it; each connection is ended within a second after its time is over.
    public struct Deadlines: Sendable {
        /// From the first byte of a request's head to its last.
        public var head: Duration
        /// From the first byte of a request to the last of its content.
        public var request: Duration
        /// The time without a byte of a request's content, and the time in which `minimumRate` is looked at.
        public var content: Duration
        /// The time in which a client takes no byte of an answer, and the time in which `minimumRate` is looked at.
        public var answer: Duration
        /// From one request to the next.
        public var idle: Duration
        /// Bytes a second that content and answers must keep up, in each stretch of `content` or `answer`; 0 for none.
        public var minimumRate: Int
        /// When a drain began, in which connections are ended that have been silent for `drainSilence` since.
        var drainBegan: ContinuousClock.Instant?

        /// How long a connection must be silent before a drain ends it: longer than an answer and the request after it take to
        /// pass each other, and a time that proxies can be told to use their connections again within.
        static let drainSilence = Duration.seconds(1)

        /// Deadlines that let ordinary clients on slow links pass.
        public init(
            head: Duration = .seconds(10), request: Duration = .seconds(600), content: Duration = .seconds(60),
            answer: Duration = .seconds(60), idle: Duration = .seconds(75), minimumRate: Int = 1024
        ) {
            self.head = head
            self.request = request
            self.content = content
            self.answer = answer
            self.idle = idle
            self.minimumRate = minimumRate
        }
    }
}

/// The deadline that a connection has missed.
enum Deadline {
    case head, request, content, answer

    /// What it is counted as.
    var rejection: Rejections.Reason {
        switch self {
        case .head: .headerTimeout
        case .request: .requestTimeout
        case .content: .bodyTimeout
        case .answer: .writeTimeout
        }
    }

    /// What is said to the client, where it can still be told.
    var explanation: String {
        switch self {
        case .head: "the request's head did not arrive in time"
        case .request: "the request did not arrive in time"
        case .content: "the request's content came too slowly"
        case .answer: "the answer was taken too slowly"
        }
    }
}
