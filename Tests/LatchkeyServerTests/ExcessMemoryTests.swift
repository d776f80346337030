import Testing

@testable import LatchkeyServer

@Suite struct ExcessMemoryTests {
    private static let much = ExcessMemory.threshold
    private static let limit = 10_000 * much
    private let start = ContinuousClock.now

    /// Whether memory is to be returned after these looks at what is counted and what is resident.
    private func mustReturn(_ looks: [(used: Int, resident: Int)]) -> Bool {
        var memory = ExcessMemory(limit: Self.limit)
        for look in looks { memory.note(used: look.used, resident: look.resident) }
        return memory.mustReturn(at: .now + .seconds(1))
    }

    @Test func `what the program itself takes from the start is no excess`() {
        #expect(!mustReturn([(0, 20 * Self.much)]))
        #expect(!mustReturn([(0, 20 * Self.much), (Self.much, 21 * Self.much)]))
    }

    @Test func `what is resident beyond what is counted is returned from some size on`() {
        #expect(!mustReturn([(0, Self.much), (0, 2 * Self.much - 1)]))
        #expect(mustReturn([(0, Self.much), (0, 2 * Self.much)]))
    }

    @Test func `near the limit less is returned, and a large store waits for more`() {
        let little = ExcessMemory.thresholdNearLimit
        for (limit, least) in [(16 * little, little), (128 * little, 3 * little)] {
            for (used, isNear) in [(limit / 4 * 3, false), (limit / 4 * 3 + 1, true)] {
                var memory = ExcessMemory(limit: limit)
                memory.note(used: used, resident: used)
                memory.note(used: used, resident: used + least - 1)
                #expect(!memory.mustReturn(at: .now + .seconds(1)))
                memory.note(used: used, resident: used + least)
                #expect(memory.mustReturn(at: .now + .seconds(1)) == isNear)
            }
        }
    }

    @Test func `what falls fast is waited for, and returned when it falls no more`() {
        let full = 10 * Self.much
        #expect(!mustReturn([(full, full), (full / 2, full)]))
        #expect(mustReturn([(full, full), (full / 2, full), (full / 2, full)]))
        #expect(mustReturn([(full, full), (full / 2, full), (full / 2 - 1000, full)]))
    }

    @Test func `what could not be returned is not tried again until there is more`() {
        var memory = ExcessMemory(limit: Self.limit)
        memory.note(used: 0, resident: Self.much)
        memory.note(used: 0, resident: 5 * Self.much)
        #expect(memory.mustReturn(at: start + .seconds(1)))
        memory.noteReturn(resident: 4 * Self.much, took: .zero, at: start)
        memory.note(used: 0, resident: 5 * Self.much - 1)
        #expect(!memory.mustReturn(at: start + .seconds(1)))
        memory.note(used: 0, resident: 5 * Self.much)
        #expect(memory.mustReturn(at: start + .seconds(1)))
    }

    @Test func `an upload that is announced and then comes is no excess`() {
        var memory = ExcessMemory(limit: Self.limit)
        memory.note(used: 0, resident: Self.much)
        memory.note(used: 9 * Self.much, uploads: 9 * Self.much, resident: Self.much)
        memory.note(used: 9 * Self.much, uploads: 9 * Self.much, resident: 10 * Self.much)
        memory.note(used: 9 * Self.much, resident: 10 * Self.much)
        #expect(!memory.mustReturn(at: .now + .seconds(1)))
    }

    @Test func `what went by itself counts when it comes again`() {
        #expect(mustReturn([(0, 9 * Self.much), (0, Self.much), (0, 2 * Self.much)]))
    }

    @Test func `returning takes a tenth of the time at most`() {
        var memory = ExcessMemory(limit: Self.limit)
        memory.noteReturn(resident: 0, took: .milliseconds(100), at: start)
        memory.note(used: 0, resident: Self.much)
        #expect(!memory.mustReturn(at: start + .milliseconds(999)))
        #expect(memory.mustReturn(at: start + .milliseconds(1000)))
        #expect(memory.isBusy(at: start + .milliseconds(999)))
        #expect(!memory.isBusy(at: start + .milliseconds(1000)))
    }

    /// In a process of its own, since other tests come and go, and take and give back memory meanwhile.
    @Test func `resident memory grows by what is written to`() async {
        await #expect(processExitsWith: .success) {
            let resident = try #require(ResidentMemory())
            let before = try #require(resident.count())
            let block = [UInt8](repeating: 1, count: 256 << 20)
            let after = try withExtendedLifetime(block) { try #require(resident.count()) }
            #expect((256 << 20)...(272 << 20) ~= after - before)
        }
    }
}
