/// What `WaitingRequests` guards with its lock: which requests are suspended, and which of those are to be resumed.
///
/// It suspends and resumes nothing, and is told what time it is.
struct WaitingList {
    /// Overdue requests are looked for at most this often, however many different deadlines there are.
    static let scanInterval = Duration.milliseconds(5)

    struct Place {
        let request: WaitingRequest
        let deadline: ContinuousClock.Instant?
    }

    /// All that are suspended.
    private(set) var places: [Place] = []
    /// Those among them that are to be resumed.
    private var woken: [WaitingRequest] = []
    /// No request that is suspended has an earlier deadline.
    private var earliestDeadline: ContinuousClock.Instant?
    private var lastScan: ContinuousClock.Instant?
    /// Whether no further request may wait but those at work.
    var isDraining = false
    /// Whether no further request may wait at all.
    var isClosed = false

    func mayWait(_ request: WaitingRequest) -> Bool { !isClosed && (!isDraining || request.isAtWork) }

    /// Has all resumed that may not wait any more.
    ///
    /// - Returns: as `wake`.
    mutating func wakeUnwelcome() -> Bool {
        var mustSignal = false
        for place in places where !mayWait(place.request) { mustSignal = wake(place.request) || mustSignal }
        return mustSignal
    }

    /// When to look for requests that are overdue.
    private var nextScan: ContinuousClock.Instant? {
        guard let earliestDeadline else { return nil }
        guard let lastScan else { return earliestDeadline }
        return max(earliestDeadline, lastScan + Self.scanInterval)
    }

    /// Adds a request that is suspended now.
    ///
    /// - Returns: whether the resumer has to come earlier than it knows.
    mutating func add(_ request: WaitingRequest, until deadline: ContinuousClock.Instant?) -> Bool {
        let knownScan = nextScan
        request.standing.place = places.count
        places.append(Place(request: request, deadline: deadline))
        if let deadline { earliestDeadline = min(deadline, earliestDeadline ?? deadline) }
        // Somebody may have resumed it while it was on its way here.
        if request.standing.isWoken { woken.append(request) }
        return nextScan != knownScan || request.standing.isWoken
    }

    /// - Returns: whether it is the first to be woken, so that the resumer does not know yet.
    mutating func wake(_ request: WaitingRequest) -> Bool {
        if request.standing.isWoken { return false }
        request.standing.isWoken = true
        // Where it is not suspended, it will be asked for soon, or find this when it is about to wait.
        guard request.standing.place != nil else { return false }
        woken.append(request)
        return woken.count == 1
    }

    /// Takes out the requests that were woken or are overdue at `now`. O(woken), and O(suspended) once per `scanInterval`.
    ///
    /// - Returns: these, and when to come again though nobody was woken.
    mutating func takeDue(at now: ContinuousClock.Instant) -> (due: [WaitingRequest], next: ContinuousClock.Instant?) {
        if let nextScan, nextScan <= now { wakeOverdue(at: now) }
        let due = exchange(&woken, with: [])
        for request in due { remove(request) }
        return (due, nextScan)
    }

    /// O(suspended).
    private mutating func wakeOverdue(at now: ContinuousClock.Instant) {
        lastScan = now
        earliestDeadline = nil
        for place in places {
            guard let deadline = place.deadline else { continue }
            if deadline <= now {
                _ = wake(place.request)
            } else {
                earliestDeadline = min(deadline, earliestDeadline ?? deadline)
            }
        }
    }

    /// O(1).
    private mutating func remove(_ request: WaitingRequest) {
        guard let place = request.standing.place else { return }
        let last = places.removeLast()
        if last.request !== request {
            places[place] = last
            last.request.standing.place = place
        }
        request.standing.place = nil
    }
}
