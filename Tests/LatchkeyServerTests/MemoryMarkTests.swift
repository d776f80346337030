import Testing

@testable import LatchkeyServer

@Suite struct MemoryMarkTests {
    private static let much = MemoryMark.threshold

    private func trims(_ payloads: [Int]) -> [Bool] {
        var mark = MemoryMark()
        return payloads.map { payload in
            mark.note(payload: payload)
            return mark.mustTrim()
        }
    }

    @Test func `a peak counts though nobody asked while it lasted`() {
        var mark = MemoryMark()
        for payload in [0, 2 * Self.much, 0, 0] { mark.note(payload: payload) }
        let answers = [mark.mustTrim(), mark.mustTrim()]
        #expect(answers == [true, false])
    }

    @Test func `what falls far enough is given back once it falls no more, however it fell`() {
        #expect(trims([0, 2 * Self.much, 0, 0, 0]) == [false, false, false, true, false])
        #expect(trims([3 * Self.much, 2 * Self.much, Self.much, Self.much + 1]) == [false, false, false, true])
    }

    @Test func `what stays, grows or falls a little is left alone`() {
        #expect(!trims([0, Self.much, 2 * Self.much, Self.much + 1, Self.much + 1]).contains(true))
        #expect(trims([Self.much, 0, 0]) == [false, false, true])
    }

    @Test func `the mark starts anew after memory was given back`() {
        let high = 2 * Self.much
        #expect(trims([high, 0, 0, high, high, 0, 0]) == [false, false, true, false, false, false, true])
    }
}
