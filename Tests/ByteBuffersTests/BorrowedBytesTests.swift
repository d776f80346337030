import ByteBuffers
import Testing

@Suite struct BorrowedBytesTests {
    @Test func `a view reads the bytes by position`() {
        borrowing([5, 6, 7]) { bytes in
            #expect(bytes.count == 3)
            #expect(bytes.startIndex == 0)
            #expect(bytes[0] == 5)
            #expect(bytes[2] == 7)
            #expect(Array(bytes) == [5, 6, 7])
            #expect(bytes.reversed() == [7, 6, 5])
        }
    }

    @Test func `a view of nothing behaves as empty bytes`() {
        let nothing = BorrowedBytes(UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(nothing.isEmpty)
        #expect(nothing == BorrowedBytes(""))
        #expect(nothing == "")
        #expect(nothing.starts(with: ""))
        #expect(!nothing.starts(with: "a"))
        #expect(nothing.equalsIgnoringCase(""))
        #expect(nothing.firstPosition(of: 0) == nil)
        #expect(nothing.trimmed.isEmpty)
        #expect(nothing.slice(0..<0).isEmpty)
    }

    @Test func `a literal is viewed as its UTF-8`() {
        #expect(Array(BorrowedBytes("a")) == [0x61])
        #expect(Array(BorrowedBytes("\u{20ac}")) == [0xe2, 0x82, 0xac])
        #expect(BorrowedBytes("") == "")
    }

    @Test func `a position outside traps`() async {
        await #expect(processExitsWith: .failure) { _ = BorrowedBytes("abc")[3] }
        await #expect(processExitsWith: .failure) { _ = BorrowedBytes("abc")[-1] }
    }

    @Test func `every slice has the bytes of its range`() {
        let original = Array("abcde".utf8)
        borrowing(original) { bytes in
            for start in 0...original.count {
                for end in start...original.count {
                    #expect(Array(bytes.slice(start..<end)) == Array(original[start..<end]))
                }
            }
        }
    }

    @Test func `a slice outside traps`() async {
        await #expect(processExitsWith: .failure) { _ = BorrowedBytes("abc").slice(1..<4) }
        await #expect(processExitsWith: .failure) { _ = BorrowedBytes("abc").slice(-1..<1) }
    }

    @Test func `a slice of a slice ends where the slice ends`() async {
        #expect(BorrowedBytes("0123456789").slice(2..<8).slice(1..<4) == "345")
        await #expect(processExitsWith: .failure) { _ = BorrowedBytes("0123456789").slice(2..<8).slice(1..<7) }
    }

    @Test func `firstPosition finds the first of several, and only inside the view`() {
        let bytes = BorrowedBytes("a=b=c")
        #expect(bytes.firstPosition(of: 0x3d) == 1)
        #expect(bytes.slice(2..<5).firstPosition(of: 0x3d) == 1)
        #expect(bytes.slice(2..<3).firstPosition(of: 0x3d) == nil)
        #expect(bytes.firstPosition(of: 0x63) == 4)
        #expect(borrowing([1, 0, 0xff]) { $0.firstPosition(of: 0xff) } == 2)
        #expect(borrowing([1, 0, 0xff]) { $0.firstPosition(of: 0) } == 1)
    }

    @Test func `starts compares the first bytes`() {
        let bytes = BorrowedBytes("/keys/a")
        #expect(bytes.starts(with: "/keys/"))
        #expect(bytes.starts(with: "/keys/a"))
        #expect(bytes.starts(with: ""))
        #expect(!bytes.starts(with: "/keys/ab"))
        #expect(!bytes.starts(with: "/Keys/"))
    }

    @Test func `a comparison with a literal wants all bytes`() {
        #expect(BorrowedBytes("abc") == "abc")
        #expect(BorrowedBytes("abc") != BorrowedBytes("abcd"))
        #expect(!(BorrowedBytes("abc") == "ab"))
        #expect(!(BorrowedBytes("ab") == "abc"))
        #expect(borrowing([0x61, 0]) { !($0 == "a") })
    }

    @Test func `two spellings of one text differ`() {
        #expect(!(BorrowedBytes("\u{e9}") == "e\u{301}"))
        #expect(BorrowedBytes("\u{e9}") != BorrowedBytes("e\u{301}"))
        #expect(!BorrowedBytes("\u{e9}").starts(with: "e"))
    }

    @Test func `equalsIgnoringCase folds ASCII letters`() {
        #expect(BorrowedBytes("Content-TYPE").equalsIgnoringCase("content-type"))
        #expect(BorrowedBytes("AZaz").equalsIgnoringCase("azaz"))
        #expect(!BorrowedBytes("content-typ").equalsIgnoringCase("content-type"))
        #expect(!BorrowedBytes("content-typos").equalsIgnoringCase("content-type"))
    }

    @Test func `equalsIgnoringCase folds nothing but letters`() {
        // By words of eight and one by one: every byte value at every place of a literal of what it may be made of.
        let literal: StaticString = "az-09./*if-none-match"
        let letters = literal.withUTF8Buffer { Array($0) }
        for position in letters.indices {
            for byte in UInt8.min ... .max {
                var bytes = letters
                bytes[position] = byte
                let letter = letters[position]
                let isOtherCase = (0x61...0x7a).contains(letter) && byte == letter - 0x20
                #expect(
                    borrowing(bytes) { $0.equalsIgnoringCase(literal) } == (byte == letter || isOtherCase),
                    "byte \(byte) at \(position)")
            }
        }
    }

    @Test(arguments: [
        ("", ""), (" ", ""), ("\t \t", ""), ("a", "a"), ("  a", "a"), ("a\t", "a"), (" \ta b\t ", "a b"),
        ("\u{a0}a", "\u{a0}a"), ("\r\na", "\r\na"),
    ])
    func `trimmed drops spaces and tabs at both ends, and nothing else`(text: String, expected: String) {
        #expect(borrowing(Array(text.utf8)) { Array($0.trimmed) } == Array(expected.utf8))
    }

    @Test func `copyStreaming writes exactly its bytes, at any place and of any length`() {
        let source = (0..<512).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for place in 0..<70 {
            for length in [0, 1, 15, 16, 63, 64, 65, 127, 128, 129, 200, 256] {
                var memory = [UInt8](repeating: 0xee, count: 400)
                memory.withUnsafeMutableBytes { target in
                    source.withUnsafeBytes {
                        let piece = UnsafeRawBufferPointer(rebasing: $0[place % 5..<place % 5 + length])
                        BorrowedBytes(piece).copyStreaming(to: target.baseAddress! + place)
                    }
                }
                let expected = source[place % 5..<place % 5 + length]
                let before = [UInt8](repeating: 0xee, count: place)
                let after = [UInt8](repeating: 0xee, count: 400 - place - length)
                #expect(memory == before + expected + after, "\(length) bytes at \(place)")
            }
        }
    }
}
