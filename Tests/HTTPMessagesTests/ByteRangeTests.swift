import ByteBuffers
import HTTPMessages
import TestSupport
import Testing

@Suite struct ByteRangeTests {
    private func select(_ field: String, of count: Int) -> RangeSelection {
        borrowing(field) { RangeSelection($0, of: count) }
    }

    @Test(
        arguments: [
            ("bytes=0-0", 0..<1), ("bytes=0-9", 0..<10), ("bytes=3-5", 3..<6), ("bytes=9-9", 9..<10),
            ("bytes=0-", 0..<10), ("bytes=9-", 9..<10), ("bytes=-1", 9..<10), ("bytes=-10", 0..<10),
            // What goes beyond the end ends there.
            ("bytes=5-10", 5..<10), ("bytes=0-99999", 0..<10), ("bytes=-11", 0..<10),
            ("bytes=3-9223372036854775807", 3..<10), ("bytes=3-9223372036854775808", 3..<10),
            ("bytes=3-99999999999999999999999999999", 3..<10), ("bytes=-99999999999999999999999999999", 0..<10),
            // Zeros in front, a unit in any case, empty elements of a list.
            ("bytes=0000000000000000000000003-05", 3..<6), ("BYTES=3-5", 3..<6), ("Bytes=3-5", 3..<6),
            ("bytes= 3-5", 3..<6), ("bytes=,3-5", 3..<6), ("bytes=3-5 , ,", 3..<6),
        ])
    func `one range of bytes selects them`(field: String, range: Range<Int>) {
        #expect(select(field, of: 10) == .part(range))
    }

    @Test(arguments: [
        "bytes=10-", "bytes=10-10", "bytes=11-20", "bytes=-0", "bytes=-000", "bytes=9223372036854775807-",
        "bytes=9223372036854775808-", "bytes=99999999999999999999-99999999999999999999",
    ])
    func `a range that begins at the end or beyond is unsatisfiable`(field: String) {
        #expect(select(field, of: 10) == .unsatisfiable)
    }

    @Test(arguments: ["bytes=-1", "bytes=-5", "bytes=-99999999999999999999"])
    func `the last of no bytes are all of them`(field: String) {
        #expect(select(field, of: 0) == .whole)
    }

    @Test(arguments: ["bytes=0-", "bytes=0-0", "bytes=-0", "bytes=5-6"])
    func `of no bytes no other range can be satisfied`(field: String) {
        #expect(select(field, of: 0) == .unsatisfiable)
    }

    @Test(arguments: [
        "", "bytes", "bytes=", "bytes= ", "bytes=,", "bytes=-", "bytes=--1", "bytes=1", "bytes=a-", "bytes=-a",
        "bytes=1-a", "bytes=a-1", "bytes=1-2-3", "bytes=+1-2", "bytes=1-+2", "bytes=0x1-2", "bytes=1 -2", "bytes=1- 2",
        "bytes=1.0-2", "bytes=5-4", "bytes=1-0", "bytes=0-0,2-3", "bytes=0-0,-1", "bytes=0-,x", "items=0-1", "byte=0-1",
        "bytess=0-1", "bytes =0-1", " bytes=0-1", "=0-1", "0-1", "bytes:0-1", "bytes=\u{661}-", "bytes=\"0-1\"",
    ])
    func `anything else is ignored`(field: String) {
        #expect(select(field, of: 10) == .whole)
        #expect(select(field, of: 0) == .whole)
    }

    @Test func `the greatest value has a last byte`() {
        #expect(select("bytes=-1", of: .max) == .part(Int.max - 1 ..< .max))
        #expect(select("bytes=0-9223372036854775807", of: .max) == .part(0 ..< .max))
        #expect(select("bytes=9223372036854775806-", of: .max) == .part(Int.max - 1 ..< .max))
    }

    @Test(arguments: seeds)
    func `any range selects what a filter of all positions does`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<4_000 {
            let count = Int.random(in: 0...12, using: &random)
            let first = Bool.random(using: &random) ? Int.random(in: 0...14, using: &random) : nil
            let last = first == nil || Bool.random(using: &random) ? Int.random(in: 0...14, using: &random) : nil
            let field = "bytes=\(first.map(String.init) ?? "")-\(last.map(String.init) ?? "")"
            let positions = (0..<count).filter {
                first == nil ? $0 >= count - last! : $0 >= first! && $0 <= last ?? count
            }
            let selection = select(field, of: count)
            if let first, let last, last < first {
                #expect(selection == .whole, "\(field) of \(count)")
            } else if let start = positions.first, let end = positions.last {
                #expect(selection == .part(start..<end + 1), "\(field) of \(count)")
            } else if first == nil, last! > 0 {
                #expect(selection == .whole, "\(field) of \(count)")
            } else {
                #expect(selection == .unsatisfiable, "\(field) of \(count)")
            }
        }
    }

    @Test(arguments: seeds)
    func `any input selects a part that exists, or none`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var parts = 0
        for round in 0..<4_000 {
            let text = random.bytes(Int.random(in: 0...8, using: &random), of: Array("0129--, =".utf8))
            let field = round % 4 == 0 ? random.bytes(8) : Array("bytes=".utf8) + text
            let count = Int(truncatingIfNeeded: random.number() >> 1)
            if case .part(let range) = borrowing(field, { RangeSelection($0, of: count) }) {
                #expect(range.lowerBound >= 0 && range.upperBound <= count && !range.isEmpty)
                parts += 1
            }
        }
        #expect(parts > 100, "\(parts) parts")
    }
}
