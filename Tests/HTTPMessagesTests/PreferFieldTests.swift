import ByteBuffers
import HTTPMessages
import TestSupport
import Testing

@Suite struct PreferFieldTests {
    private func wait(_ values: String...) -> Int? { withRequest(values.map { (.prefer, $0) }) { $0.preferredWait } }

    private func prefersTiming(_ values: String...) -> Bool {
        withRequest(values.map { (.prefer, $0) }) { $0.prefers("timing") }
    }

    @Test(arguments: [
        ("wait=30", 30), ("wait=0", 0), ("wait=007", 7), ("Wait=5", 5), ("WAIT=5", 5), (" wait = 5 ", 5),
        ("wait\t=\t5", 5), ("wait=300", 300), ("wait=301", 300), ("wait=99999999999999999999999999", 300),
        ("respond-async, wait=10", 10), ("wait=10, respond-async", 10), ("wait=1,wait=2", 1), ("wait=5;foo=bar", 5),
        ("wait=5 ; foo", 5), (",,wait=5,", 5), (#"foo="wait=1,", wait=2"#, 2), (#"foo="a\", wait=1", wait=2"#, 2),
        (#"foo; a="x;wait=1,wait=1", wait=2"#, 2), ("waits=1, wait=2", 2), ("foo;wait=1, wait=2", 2),
    ])
    func `the first wait is read`(value: String, expected: Int) {
        #expect(wait(value) == expected)
    }

    @Test(arguments: [
        "", "wait", "wait=", "wait=x", "wait=-1", "wait=+1", "wait=1.5", "wait=1 2", "wait=0x1", #"wait="10""#,
        "wait=5s",
        "wait 5", "await=5", "foo;wait=5", #"foo="wait=5""#, #"foo="wait=5, wait=6"#, "wait==5", "wait=\u{661}",
        // The first one counts, though it cannot be read.
        "wait=x, wait=5", "wait, wait=5",
    ])
    func `there is no wait otherwise`(value: String) {
        #expect(wait(value) == nil)
    }

    @Test func `several lines are one list`() {
        #expect(wait() == nil)
        #expect(wait("respond-async", "wait=5", "wait=6") == 5)
        #expect(prefersTiming("wait=5", "timing"))
    }

    @Test func `no other field is asked`() {
        let names = FieldName.allCases.filter { $0 != .prefer }
        #expect(withRequest(names.map { ($0, "wait=5") }) { $0.preferredWait } == nil)
        #expect(!withRequest(names.map { ($0, "timing") }) { $0.prefers("timing") })
    }

    @Test(arguments: [
        "timing", "Timing", " timing ", "wait=5, timing", "timing, wait=5", "timing;a=b", "timing ; a", "timing=",
        #"timing="""#, #"foo="a,b", timing"#,
    ])
    func `a preference without a value is asked for`(value: String) {
        #expect(prefersTiming(value))
    }

    @Test(arguments: [
        "", "timings", "timin", "timing=x", #"timing="x""#, "timing=x, timing", "foo;timing", "foo=timing",
        #"foo="timing""#, #"foo=", timing,""#, "timing timing",
    ])
    func `nothing else asks for it`(value: String) {
        #expect(!prefersTiming(value))
    }

    @Test(arguments: seeds)
    func `any input gives a wait in range or none`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var found = 0
        for round in 0..<4_000 {
            var value: [UInt8] = []
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let pieces = ["wait", "wait=5", "=", ",", ";", "\"", "\\", "9", "timing", " "]
                value += round % 4 == 0 ? random.bytes(2) : Array(pieces.randomElement(using: &random)!.utf8)
            }
            withRequest(lines: [(Array("Prefer".utf8), value)]) { request in
                _ = request.prefers("timing")
                guard let wait = request.preferredWait else { return }
                #expect((0...Request.maximumWait).contains(wait))
                found += 1
            }
        }
        #expect(found > 100, "\(found) found")
    }
}
