/// Decides how many workers run, once for each stretch of time.
///
/// More threads than free cores make every request dearer: the scheduler takes a worker's core in the middle of a turn, and
/// each has fewer requests at hand when it gets one. Whether cores are free is nowhere to be read, least of all in a
/// container. But the system says how long our own threads waited for one. So where they wait much, half as many are tried, and kept if
/// they serve more; and where those are at their limit, twice as many are tried again.
struct WorkerPacing {
    /// What happened in a stretch of time. Times in seconds, those of all workers summed.
    struct Load {
        var elapsed: Double
        /// They ran on a core.
        var ran: Double
        /// They had something to do, and no core.
        var waited: Double
        /// Requests that ended.
        var served: Int
        /// Whether a worker with more than one loop was in the same turn all the time, so that the others stand still.
        var isStuck: Bool
    }

    /// How many workers there are.
    let limit: Int
    /// How many are to run.
    private(set) var count: Int
    private var trial: Trial?
    /// Seconds of full load until something is tried again.
    private var rest = 0.0
    private var nextRest = shortestRest

    private struct Trial {
        let previousCount: Int
        let previousRate: Double
    }

    /// The share of their time that workers without cores wait.
    private static let scarcity = 0.2
    /// The share of their time that busy workers have something to do.
    private static let saturation = 0.85
    /// How much more must be served for a change to stay.
    private static let gain = 1.05
    private static let shortestRest = 1.0
    private static let longestRest = 16.0

    /// Begins with `count` of `limit`, or all.
    init(limit: Int, count: Int? = nil) {
        self.limit = limit
        self.count = count ?? limit
    }

    /// Takes a stretch of time into account, after which `count` are to run.
    mutating func observe(_ load: Load) {
        let rate = Double(load.served) / load.elapsed
        if load.isStuck {
            (count, trial, rest) = (limit, nil, Self.longestRest)
        } else if let trial {
            judge(trial, by: rate)
        } else {
            let demand = load.ran + load.waited
            let isBusy = demand > Self.saturation * load.elapsed * Double(count)
            let lacksCores = load.waited > Self.scarcity * demand && demand > Self.saturation * load.elapsed
            guard isBusy || lacksCores else { return }
            guard rest <= 0 else { return rest -= load.elapsed }
            if lacksCores && count > 1 {
                start(count / 2, from: rate)
            } else if isBusy && count < limit {
                start(min(limit, count * 2), from: rate)
            }
        }
    }

    private mutating func start(_ tried: Int, from rate: Double) {
        trial = Trial(previousCount: count, previousRate: rate)
        count = tried
    }

    private mutating func judge(_ trial: Trial, by rate: Double) {
        self.trial = nil
        if rate > trial.previousRate * Self.gain {
            nextRest = Self.shortestRest
        } else {
            count = trial.previousCount
        }
        rest = nextRest
        nextRest = min(nextRest * 2, Self.longestRest)
    }
}
