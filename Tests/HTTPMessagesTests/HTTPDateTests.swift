import ByteBuffers
import Glibc
import TestSupport
import Testing

@testable import HTTPMessages

@Suite struct HTTPDateTests {
    private func text(_ second: Int64) -> String? {
        var date = HTTPDate()
        date.update(now: second)
        return date.bytes.text
    }

    /// What the C library's calendar says.
    private func reference(_ second: Int64) -> String {
        var time = time_t(second)
        var parts = tm()
        gmtime_r(&time, &parts)
        var text = [CChar](repeating: 0, count: 64)
        // In the C locale, which a program is in until it asks for another.
        let count = strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func second(ofYear year: Int, month: Int, day: Int) -> Int64 {
        var parts = tm()
        parts.tm_year = Int32(year - 1900)
        parts.tm_mon = Int32(month - 1)
        parts.tm_mday = Int32(day)
        return Int64(timegm(&parts))
    }

    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1, "Thu, 01 Jan 1970 00:00:01 GMT"),
            // The example of RFC 9110 section 5.6.7.
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (946_684_799, "Fri, 31 Dec 1999 23:59:59 GMT"),
            (946_684_800, "Sat, 01 Jan 2000 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (1_709_251_200, "Fri, 01 Mar 2024 00:00:00 GMT"),
            // Beyond 32 bits.
            (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"),
            (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
            // 2100 is no leap year, and 2400 is one.
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (13_574_563_200, "Tue, 29 Feb 2400 00:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] as [(Int64, String)])
    func `a second is told as RFC 9110 spells it`(second: Int64, expected: String) {
        #expect(text(second) == expected)
    }

    @Test func `days around the ends of years and of February are those of the C library`() {
        for year in 1970...2410 {
            for start in [second(ofYear: year, month: 3, day: 1), second(ofYear: year + 1, month: 1, day: 1)] {
                for second in [start - 86_401, start - 86_400, start - 1, start] {
                    #expect(text(second) == reference(second), "second \(second)")
                }
            }
        }
    }

    @Test func `each day of a leap year and of the year after is that of the C library`() {
        let start = second(ofYear: 2024, month: 1, day: 1)
        for day in 0..<Int64(731) {
            // Another hour, minute and second every day.
            let second = start + day * 86_400 + day * 4_357 % 86_400
            #expect(text(second) == reference(second), "second \(second)")
        }
    }

    @Test(arguments: seeds)
    func `any second until the year 9999 is that of the C library`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for round in 0..<4_000 {
            let second = Int64.random(in: 0..<(round % 2 == 0 ? 1 << 32 : 253_402_300_800), using: &random)
            #expect(text(second) == reference(second), "second \(second)")
        }
    }

    @Test(arguments: [-1, -86_401, .min] as [Int64])
    func `a time before 1970 counts as 1970`(second: Int64) {
        #expect(text(second) == "Thu, 01 Jan 1970 00:00:00 GMT")
    }

    @Test func `there is no text before the first update`() {
        #expect(HTTPDate().bytes.isEmpty)
    }

    @Test func `the text is made anew when the second has changed, and only then`() {
        var date = HTTPDate()
        date.update(now: 5)
        let first = date.bytes
        date.update(now: 5)
        #expect(date.bytes.storage === first.storage)
        date.update(now: 6)
        #expect(date.bytes.text == "Thu, 01 Jan 1970 00:00:06 GMT")
        // A clock may be set back.
        date.update(now: 4)
        #expect(date.bytes.text == "Thu, 01 Jan 1970 00:00:04 GMT")
        // Whoever still holds the text of a second has that one.
        #expect(first.text == "Thu, 01 Jan 1970 00:00:05 GMT")
    }
}
