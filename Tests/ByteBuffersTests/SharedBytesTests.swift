import ByteBuffers
import Testing

@Suite struct SharedBytesTests {
    @Test(arguments: [0, 1, 15, 16, 17, 4_096, 1 << 20])
    func `a copy holds the bytes that it was made of`(count: Int) {
        let original = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let bytes = SharedBytes(copying: original)
        #expect(bytes.count == count)
        #expect(bytes.isEmpty == (count == 0))
        #expect(bytes.array == original)
    }

    @Test func `a copy may be made of any collection`() {
        #expect(SharedBytes(copying: [9, 1, 2, 3, 9][1...3]).array == [1, 2, 3])
        #expect(SharedBytes(copying: "abc".utf8).array == [0x61, 0x62, 0x63])
        #expect(SharedBytes(copying: Set<UInt8>([7])).array == [7])
        #expect(borrowing([4, 5]) { SharedBytes(copying: $0).array } == [4, 5])
    }

    @Test func `a copy does not share memory with what it was made of`() {
        var original: [UInt8] = [1, 2, 3]
        let bytes = SharedBytes(copying: original)
        original[0] = 0xff
        #expect(bytes.array == [1, 2, 3])
    }

    @Test func `every slice has the bytes of its range and shares the allocation`() {
        let original: [UInt8] = [10, 11, 12, 13, 14, 15, 16]
        let bytes = SharedBytes(copying: original)
        for start in 0...original.count {
            for end in start...original.count {
                let slice = bytes.slice(start..<end)
                #expect(slice.array == Array(original[start..<end]))
                #expect(slice.storage === bytes.storage)
            }
        }
    }

    @Test func `a slice of a slice counts from the slice's start`() {
        let slice = SharedBytes("0123456789").slice(2..<8).slice(1..<4)
        #expect(slice == SharedBytes("345"))
        #expect(slice.slice(3..<3).isEmpty)
    }

    @Test func `a slice below the start traps`() async {
        await #expect(processExitsWith: .failure) { _ = SharedBytes("abc").slice(-1..<2) }
    }

    @Test func `a slice beyond the end traps`() async {
        await #expect(processExitsWith: .failure) { _ = SharedBytes("abc").slice(2..<4) }
    }

    @Test func `a slice beyond a slice's end traps even where the allocation goes on`() async {
        await #expect(processExitsWith: .failure) { _ = SharedBytes("0123456789").slice(2..<5).slice(0..<4) }
    }

    @Test func `equality is of bytes, wherever they lie`() {
        #expect(SharedBytes("abc") == SharedBytes("abc"))
        #expect(SharedBytes("xabcx").slice(1..<4) == SharedBytes("abc"))
        #expect(SharedBytes("") == SharedBytes("abc").slice(3..<3))
        #expect(SharedBytes("abc") != SharedBytes("abd"))
        #expect(SharedBytes("abc") != SharedBytes("ab"))
        #expect(SharedBytes(copying: [0x61, 0]) != SharedBytes(copying: [0x61]))
    }

    @Test func `two spellings of one text differ`() {
        let composed = "\u{e9}"
        let decomposed = "e\u{301}"
        #expect(composed == decomposed)
        #expect(SharedBytes(composed) != SharedBytes(decomposed))
    }

    @Test func `an error thrown inside a borrow comes out of it`() {
        struct Refusal: Error, Equatable {}
        #expect(throws: Refusal()) {
            try SharedBytes("abc").withBorrowedBytes { (_) throws(Refusal) -> Void in throw Refusal() }
        }
    }
}

@Suite struct SharedBytesLifetimeTests {
    @Test func `the allocation is freed with the last copy`() {
        var first: SharedBytes? = SharedBytes("abc")
        let storage = WeakStorage(first!)
        var second = first
        first = nil
        #expect(!storage.isFreed)
        #expect(second?.array == Array("abc".utf8))
        second = nil
        #expect(storage.isFreed)
    }

    @Test func `a slice, even an empty one, keeps the whole allocation`() {
        var whole: SharedBytes? = SharedBytes("0123456789")
        let storage = WeakStorage(whole!)
        var slice = whole?.slice(4..<4)
        whole = nil
        #expect(!storage.isFreed)
        #expect(slice?.count == 0)
        slice = nil
        #expect(storage.isFreed)
    }

    @Test func `a loan keeps the bytes where they are until it ends`() {
        var bytes: SharedBytes? = SharedBytes("0123456789").slice(3..<6)
        let storage = WeakStorage(bytes!)
        let (address, owner) = bytes!.lend()
        #expect(address == bytes?.address)
        bytes = nil
        #expect(!storage.isFreed)
        #expect(Array(UnsafeRawBufferPointer(start: address, count: 3)) == Array("345".utf8))
        SharedBytes.endLoan(owner)
        #expect(storage.isFreed)
    }

    @Test func `the end of a loan leaves other owners alone`() {
        var bytes: SharedBytes? = SharedBytes("abc")
        let storage = WeakStorage(bytes!)
        SharedBytes.endLoan(bytes!.lend().owner)
        #expect(bytes?.array == Array("abc".utf8))
        bytes = nil
        #expect(storage.isFreed)
    }

    @Test func `each of several loans is an owner`() {
        var bytes: SharedBytes? = SharedBytes("abc")
        let storage = WeakStorage(bytes!)
        let owners = (0..<5).map { _ in bytes!.lend().owner }
        bytes = nil
        for owner in owners {
            #expect(!storage.isFreed)
            SharedBytes.endLoan(owner)
        }
        #expect(storage.isFreed)
    }
}
