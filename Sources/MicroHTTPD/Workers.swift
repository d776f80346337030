import Glibc
import Locks
import Sockets
import Synchronization
import Threads

/// The threads that run the event loops: as many as there are loops, or fewer where there are fewer cores to be had.
///
/// A connection stays in its loop, and a loop may go from one worker to another between two turns.
final class Workers: Sendable {
    private let loops: [EventLoop]
    let workers: [Worker]
    /// Worker n runs the loops n, n + running, n + 2 * running and so on.
    private let running: Atomic<Int>
    private let isStopping = Atomic<Bool>(false)
    private let pacer: Pacer

    private struct Pacer: ~Copyable, Sendable {
        let wakeUp: WakeUp
        let thread = JoinableThread()
    }

    /// For these loops. No thread is started yet.
    init(_ loops: [EventLoop]) throws(SocketFailure) {
        self.loops = loops
        var workers: [Worker] = []
        for _ in loops { workers.append(try Worker()) }
        self.workers = workers
        running = Atomic(workers.count)
        pacer = Pacer(wakeUp: try WakeUp())
    }

    /// How many run event loops at this moment.
    var runningCount: Int { running.load(ordering: .relaxed) }

    /// Starts the threads; they keep the workers alive until they end. All of them run loops, or as many as `run` says.
    func start() throws(SocketFailure) {
        for (index, worker) in workers.enumerated() {
            try worker.thread.start("event loop") { self.run(worker, at: index) }
        }
    }

    /// Starts the thread that has more or fewer of them run, as `pacing` decides. There is no need of it for one loop.
    func startPacing(_ pacing: WorkerPacing) throws(SocketFailure) {
        try pacer.thread.start("pacing") { self.pace(pacing) }
    }

    /// Blocks until all threads have ended, which they do at the end of their turns. Not to be called on one of them.
    func stop() {
        isStopping.store(true, ordering: .relaxed)
        pacer.wakeUp.signal()
        pacer.thread.join()
        wakeAll()
        for worker in workers { worker.thread.join() }
    }

    /// Has so many run the loops, from the end of their turns on.
    func run(_ count: Int) {
        precondition((1...workers.count).contains(count))
        running.store(count, ordering: .releasing)
        wakeAll()
    }

    private func wakeAll() {
        for loop in loops { loop.waiting.loopSignal.send() }
        for worker in workers { worker.wakeUp.signal() }
    }

    private func run(_ worker: Worker, at index: Int) {
        worker.begin()
        while !isStopping.load(ordering: .relaxed) {
            let count = running.load(ordering: .acquiring)
            let isCurrent = {
                self.running.load(ordering: .relaxed) == count && !self.isStopping.load(ordering: .relaxed)
            }
            let mine = stride(from: index, to: loops.count, by: count).map { loops[$0] }
            if index >= count {
                worker.wakeUp.wait(until: nil)
            } else if mine.count == 1 {
                worker.run(mine[0], while: isCurrent)
            } else {
                worker.run(mine, while: isCurrent)
            }
        }
    }
}

// The thread that has more or fewer of them run.
extension Workers {
    private static let stretch = Duration.milliseconds(100)
    private static let idleStretch = Duration.milliseconds(250)

    private func pace(_ initial: WorkerPacing) {
        var pacing = initial
        var last = observe()
        var stretch = Self.stretch
        while !isStopping.load(ordering: .relaxed) {
            pacer.wakeUp.wait(until: .now + stretch)
            let now = observe()
            defer { last = now }
            // Where the system does not say how they fare, all run.
            guard let load = now.load(since: last) else { continue }
            pacing.observe(load)
            if pacing.count != runningCount { run(pacing.count) }
            stretch = load.ran < 0.05 * load.elapsed && !load.isStuck ? Self.idleStretch : Self.stretch
        }
    }

    private func observe() -> Observation {
        Observation(
            time: monotonicNanoseconds(), scheduling: workers.map { $0.schedulingTimes() }, turns: workers.map(\.turn),
            served: loops.reduce(0) { $0 &+ $1.traffic.value(of: .endedRequests) })
    }

    private struct Observation {
        let time: UInt64
        let scheduling: [(ran: UInt64, waited: UInt64)?]
        let turns: [UInt64?]
        let served: UInt64

        func load(since last: Observation) -> WorkerPacing.Load? {
            var (ran, waited): (UInt64, UInt64) = (0, 0)
            for (now, before) in zip(scheduling, last.scheduling) {
                guard let now, let before, now.ran >= before.ran, now.waited >= before.waited else { return nil }
                ran += now.ran - before.ran
                waited += now.waited - before.waited
            }
            guard time > last.time else { return nil }
            return WorkerPacing.Load(
                elapsed: Double(time - last.time) / 1e9, ran: Double(ran) / 1e9, waited: Double(waited) / 1e9,
                served: Int(served - last.served),
                isStuck: zip(turns, last.turns).contains { now, before in now != nil && now == before })
        }
    }
}
