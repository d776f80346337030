import Testing

@testable import MicroHTTPD

/// How many workers run, from how they fared.
@Suite struct WorkerPacingTests {
    /// A quarter of a second, of workers that together ran and waited for so many seconds a second.
    private func load(ran: Double, waited: Double = 0, rate: Int, isStuck: Bool = false) -> WorkerPacing.Load {
        WorkerPacing.Load(
            elapsed: 0.25, ran: ran / 4, waited: waited / 4, served: rate / 4, isStuck: isStuck)
    }

    /// What clients on the same two cores do to two workers.
    private func scarce(rate: Int) -> WorkerPacing.Load { load(ran: 1.2, waited: 0.7, rate: rate) }

    @Test func `all run as long as there are cores`() {
        var pacing = WorkerPacing(limit: 4)
        for _ in 0..<100 {
            pacing.observe(load(ran: 3.9, waited: 0.1, rate: 100_000))
            #expect(pacing.count == 4)
        }
    }

    @Test func `half as many are tried where cores are scarce, and kept where they serve as much`() {
        var pacing = WorkerPacing(limit: 4)
        pacing.observe(load(ran: 2, waited: 2, rate: 80_000))
        #expect(pacing.count == 2)
        pacing.observe(load(ran: 1.9, rate: 77_000))
        #expect(pacing.count == 2)
    }

    @Test(arguments: [
        (scarce: true, rate: 110_000, kept: false), (true, 120_000, true), (false, 103_000, false),
        (false, 110_000, true),
    ])
    func `twice as many are kept where they serve more, and clearly more where cores are scarce`(
        scarce: Bool, rate: Int, kept: Bool
    ) {
        var pacing = WorkerPacing(limit: 2, count: 1)
        pacing.observe(load(ran: 1, rate: 100_000))
        #expect(pacing.count == 2)
        pacing.observe(load(ran: 1.2, waited: scarce ? 0.7 : 0.1, rate: rate))
        #expect(pacing.count == (kept ? 2 : 1))
    }

    @Test func `half as many are given up where they serve less`() {
        var pacing = WorkerPacing(limit: 2)
        pacing.observe(scarce(rate: 80_000))
        #expect(pacing.count == 1)
        pacing.observe(load(ran: 1, rate: 75_000))
        #expect(pacing.count == 2)
    }

    @Test func `more are tried again at full load, and kept where they serve more`() {
        var pacing = WorkerPacing(limit: 8, count: 1)
        for count in [2, 4, 8, 8] {
            // A change is not doubted for a second of full load.
            var stretches = 0
            while pacing.count < count && stretches < 100 {
                pacing.observe(load(ran: Double(pacing.count), rate: pacing.count * 1000))
                stretches += 1
            }
            #expect(pacing.count == count)
        }
    }

    @Test func `a failed try is repeated later and later, up to sixteen seconds of full load`() {
        var pacing = WorkerPacing(limit: 2, count: 1)
        var tries: [Int] = []
        for stretch in 0..<410 {
            pacing.observe(pacing.count == 2 ? scarce(rate: 80_000) : load(ran: 1, rate: 110_000))
            if pacing.count == 2 { tries.append(stretch) }
        }
        #expect(zip(tries.dropFirst(), tries).map { $0 - $1 } == [6, 10, 18, 34, 66, 66, 66, 66, 66])
    }

    @Test func `nothing is tried while there is little to do`() {
        var pacing = WorkerPacing(limit: 4, count: 2)
        for _ in 0..<100 {
            // Waiting for cores, but for all of them together less than one.
            pacing.observe(load(ran: 0.3, waited: 0.3, rate: 1000))
            #expect(pacing.count == 2)
        }
    }

    @Test func `all run at once where a worker is stuck, and nothing is tried soon`() {
        var pacing = WorkerPacing(limit: 4, count: 1)
        pacing.observe(load(ran: 0, rate: 0, isStuck: true))
        #expect(pacing.count == 4)
        for _ in 0..<60 { pacing.observe(load(ran: 2, waited: 2, rate: 1000)) }
        #expect(pacing.count == 4)
    }
}
