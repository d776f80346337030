import ByteBuffers
import HTTPMessages
import TestSupport
import Testing

@Suite struct TimeToLiveTests {
    private func nanoseconds(_ text: String) throws(Problem) -> UInt64 {
        try borrowing(text) { bytes in Result { () throws(Problem) in try TimeToLive(bytes).nanoseconds } }.get()
    }

    @Test(
        arguments: [
            ("1", 1_000_000_000), ("60", 60_000_000_000), ("0.5", 500_000_000), ("1.25", 1_250_000_000),
            ("007", 7_000_000_000), ("00.10", 100_000_000), ("1.0", 1_000_000_000),
            ("0.000000001", 1), ("0.123456789", 123_456_789), ("0.1234567899", 123_456_789),
            ("1.00000000000000000000000000001", 1_000_000_000),
            ("315576000", 315_576_000_000_000_000), ("315575999.999999999", 315_575_999_999_999_999),
            ("315576000.0000000009", 315_576_000_000_000_000), ("0000000000000000000000000000001", 1_000_000_000),
        ] as [(String, UInt64)])
    func `seconds are read to the nanosecond`(text: String, expected: UInt64) throws {
        #expect(try nanoseconds(text) == expected)
    }

    @Test(arguments: [
        "", "0", "0.0", "000", "0.0000000009", "0.0000000000000000001", ".5", "5.", ".", "1.2.3", "-1", "+1", " 1",
        "1 ",
        "1s", "1e3", "0x1", "1,5", "none", "inf", "nan", "\u{661}", "1.5s", "1.-5", "1.+5", "%31", "\0",
        "315576000.000000001", "315576001", "9223372036854775807", "9223372036854775808", "18446744074",
        "18446744073709551616", "99999999999999999999999999999999",
    ])
    func `anything else is refused with the limit`(text: String) {
        let detail = "ttl '\(text)' is not a number of seconds above 0 and at most 315576000"
        #expect(throws: Problem(.badRequest, detail)) { try nanoseconds(text) }
    }

    @Test(arguments: seeds)
    func `any number in range reads back as it was written`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<4_000 {
            let expected = random.number() % 315_576_000_000_000_000 + 1
            let fraction = String(expected % 1_000_000_000)
            let padded = String(repeating: "0", count: 9 - fraction.count) + fraction
            #expect(try nanoseconds("\(expected / 1_000_000_000).\(padded)") == expected)
        }
    }

    @Test(arguments: seeds)
    func `any input is refused or a time in range`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (read, refused) = (0, 0)
        for round in 0..<4_000 {
            let text = random.bytes(Int.random(in: 0...12, using: &random), of: Array("0123456789..".utf8))
            let input = round % 4 == 0 ? random.bytes(3) : text
            do throws(Problem) {
                let time = try borrowing(input) { bytes in Result { () throws(Problem) in try TimeToLive(bytes) } }
                    .get()
                #expect(time.nanoseconds > 0 && time.nanoseconds <= 315_576_000_000_000_000)
                // A reading that is no more exact than a few nanoseconds.
                let reference = Double(String(decoding: input, as: UTF8.self)) ?? -1
                #expect(abs(reference * 1e9 - Double(time.nanoseconds)) <= max(2, reference * 1e-6))
                read += 1
            } catch {
                #expect(error.status == .badRequest)
                refused += 1
            }
        }
        #expect(read > 200 && refused > 200, "\(read) read, \(refused) refused")
    }
}
