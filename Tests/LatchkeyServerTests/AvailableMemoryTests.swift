import Testing

@testable import LatchkeyServer

@Suite struct AvailableMemoryTests {
    @Test(
        arguments: [
            ("268435456\n", 268_435_456), ("1", 1), ("max\n", nil), ("9223372036854771712\n", nil), ("", nil),
            ("-1\n", nil),
            (nil, nil),
        ] as [(String?, Int?)])
    func `a control group's limit is what its file says, if it says one`(text: String?, limit: Int?) {
        #expect(memoryLimit(inControlFile: text) == limit)
    }

    @Test func `by default some of the memory there is may be taken, not all`() {
        let limit = defaultMemoryLimit()
        #expect(limit >= 1 << 20)
        #expect(limit < 1 << 50)
    }

    @Test(arguments: [
        (1, 1), (100, 50), (192, 96), (256, 144), (384, 272), (448, 336), (512, 384), (4096, 3072),
    ])
    func `a small container leaves more to what is not the store's`(mebibytes: Int, forStore: Int) {
        #expect(partForStore(of: mebibytes << 20) == forStore << 20)
    }
}
