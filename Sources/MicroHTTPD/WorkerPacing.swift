/// Decides how many workers run, once for each stretch of time.
///
/// More threads than free cores make every request dearer: the scheduler takes a worker's core in the middle of a turn, and
/// each has fewer requests at hand when it gets one. Whether cores are free is nowhere to be read, least of all in a
/// container. But the system says how long our own threads waited for one. So where they wait much, half as many are tried,
/// and kept if they serve about as much; and where those are at their limit, twice as many are tried again, and kept if they serve more.
struct WorkerPacing {
    /// What happened in a stretch of time. Times in seconds.
    struct Load {
        /// How long it was.
        var elapsed: Double
        /// How long workers ran on a core, summed.
        var ran: Double
        /// How long they had something to do and no core, summed.
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

    /// How much must be served, of what was served before, for a change to stay. Rates waver where others take cores, which is
    /// where too many workers do most harm: so more of them must be worth it there, and fewer need not be.
    private static let (gain, gainWhereScarce, keptByFewer) = (1.05, 1.15, 0.95)
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
            let least =
                count < trial.previousCount ? Self.keptByFewer : load.lacksCores ? Self.gainWhereScarce : Self.gain
            end(trial, isKept: rate > trial.previousRate * least)
        } else {
            let isBusy = load.demand > saturation * load.elapsed * Double(count)
            let lacksCores = load.lacksCores
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

    private mutating func end(_ trial: Trial, isKept: Bool) {
        self.trial = nil
        if isKept {
            nextRest = Self.shortestRest
        } else {
            count = trial.previousCount
        }
        rest = nextRest
        nextRest = min(nextRest * 2, Self.longestRest)
    }
}

/// The share of their time that workers without cores wait.
private let scarcity = 0.2
/// The share of their time that busy workers have something to do.
private let saturation = 0.85

extension WorkerPacing.Load {
    /// How long there was something to do.
    fileprivate var demand: Double { ran + waited }

    /// Whether workers waited much, and there was work for one of them at least.
    fileprivate var lacksCores: Bool { waited > scarcity * demand && demand > saturation * elapsed }
}
