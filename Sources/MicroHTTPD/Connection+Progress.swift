import Synchronization

// What other threads may ask.
extension Connection {
    /// What a connection does.
    enum Activity: UInt64 {
        /// It waits for a request, or for the rest of a request line.
        case idle
        /// The fields of a request are arriving.
        case receivingHead
        /// The content of a request is arriving.
        case receivingContent
        /// An answer is being sent.
        case answering
        /// The answer comes later.
        case waiting
        /// The content of a request is arriving in chunks (RFC 9112 section 7.1), and `chunkRecord` is kept.
        case receivingChunks
    }

    /// Says what becomes of the request. Called by the loop's thread alone.
    ///
    /// - Parameter isAnswered: whether the request is over, and was answered.
    @inline(__always)
    func advance(to activity: Activity, isAnswered: Bool = false) {
        let step = Step(rawValue: progress.load(ordering: .relaxed))
        let begins = activity == .receivingHead
        progress.store(
            Step(request: begins || isAnswered ? step.request &+ 1 : step.request, activity).rawValue,
            ordering: .relaxed)
    }

    /// A value that changes with every step of every request. Any thread.
    var step: Step { Step(rawValue: progress.load(ordering: .relaxed)) }

    /// What the connection does at this moment. Any thread.
    var activity: Activity { step.activity }

    /// A step of a request, or the time before one.
    struct Step: Equatable {
        /// The activity in the three low bits, above them `request`.
        let rawValue: UInt64

        init(rawValue: UInt64) { self.rawValue = rawValue }

        init(request: UInt64, _ activity: Activity) { rawValue = request << 3 | activity.rawValue }

        /// A number that grows by one where a request begins, and where one has been answered.
        var request: UInt64 { rawValue >> 3 }

        var activity: Activity { Activity(rawValue: rawValue & 7) ?? .idle }

        /// Whether this is a step of the request that arrived, or was about to, at `earlier`.
        func continues(_ earlier: Step) -> Bool {
            switch earlier.activity {
            case .idle: request == earlier.request &+ 1
            case .receivingHead, .receivingContent, .receivingChunks, .waiting, .answering: request == earlier.request
            }
        }
    }
}
