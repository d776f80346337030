import Testing

@testable import ByteBuffers

@Suite struct BytesBuilderTests {
    @Test func `nothing appended freezes to empty bytes`() {
        #expect(BytesBuilder(capacity: 0, limit: 0).freeze().isEmpty)
        #expect(BytesBuilder(capacity: 0, limit: 10).freeze().isEmpty)
        #expect(BytesBuilder(capacity: 10_000, limit: 10_000).freeze().isEmpty)
    }

    @Test(arguments: [0, 1, 3, 255, 256, 257, 10_000])
    func `all that was appended is there in order`(capacity: Int) {
        var builder = BytesBuilder(capacity: capacity, limit: 20_000)
        var expected: [UInt8] = []
        for length in 0..<190 {
            let piece = (0..<length).map { UInt8(truncatingIfNeeded: $0 &+ length) }
            let appended = builder.append(piece)
            expected += piece
            let count = builder.count
            #expect(appended)
            #expect(count == expected.count)
        }
        #expect(builder.freeze().array == expected)
    }

    @Test func `bytes up to the limit are taken and the next one is refused`() {
        var builder = BytesBuilder(capacity: 0, limit: 5)
        let outcomes = [
            builder.append([1, 2, 3]), builder.append([4, 5, 6]), builder.append([4, 5]), builder.append([6]),
            builder.append([]),
        ]
        #expect(outcomes == [true, false, true, false, true])
        #expect(builder.freeze().array == [1, 2, 3, 4, 5])
    }

    @Test func `a refusal leaves count and contents alone`() {
        var builder = BytesBuilder(capacity: 2, limit: 1_000)
        let first = builder.append([1, 2, 3])
        let second = builder.append([UInt8](repeating: 9, count: 998))
        let count = builder.count
        #expect(first && !second)
        #expect(count == 3)
        #expect(builder.freeze().array == [1, 2, 3])
    }

    @Test func `a builder without room for anything refuses everything`() {
        var builder = BytesBuilder(capacity: 0, limit: 0)
        let outcomes = [builder.append([]), builder.append([1])]
        #expect(outcomes == [true, false])
        #expect(builder.freeze().isEmpty)
    }

    @Test func `a large promise that is kept is never moved`() {
        let size = 4 << 20
        var builder = BytesBuilder(capacity: size, limit: 2 * size)
        var expected: [UInt8] = []
        var starts: Set<UnsafeMutableRawPointer> = []
        for number in 0..<4 {
            let piece = [UInt8](repeating: UInt8(number), count: size / 4)
            let position = builder.count
            builder.append(length: piece.count) { memory in
                memory.copyBytes(from: piece)
                starts.insert(memory.baseAddress! - position)
            }
            expected += piece
        }
        #expect(starts.count == 1)
        #expect(builder.freeze().array == expected)
    }

    /// Around each place where the builder goes on in another allocation, up to the limit and beyond.
    @Test(arguments: [4_095, 8_192, 100_000, 3_000_000], [0, 1_000])
    func `many bytes of unknown number are not moved while they come`(pieceCount: Int, capacity: Int) {
        let segment = BytesBuilder.segmentCount
        let total = 3 * segment + 17
        let block = (0..<4_093).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        let bytes = Array(repeatElement(block, count: total / block.count + 1).joined().prefix(total))
        var builder = BytesBuilder(capacity: capacity, limit: total, storage: CountedStorage.self)
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(pieceCount))
            let isAppended = builder.append(piece)
            #expect(isAppended)
            rest = rest.dropFirst(piece.count)
        }
        let (count, isInPieces, isRefused) = (builder.count, builder.isInPieces, !builder.append([1]))
        #expect(count == total && isRefused)
        #expect(isInPieces)
        let frozen = builder.freeze()
        #expect(frozen.array == bytes)
        #expect(frozen.storage is CountedStorage)
        // The allocator rounds up to a page where it maps the block by itself.
        #expect(frozen.storage.capacity < total + 256 + 4096)
    }

    private final class CountedStorage: ByteStorage {}

    @Test func `memory is filled in place across allocations`() {
        var builder = BytesBuilder(capacity: 0, limit: 10 << 20)
        var expected: [UInt8] = []
        for number in 0..<50 {
            builder.append(length: 100_000) { memory in
                memory.initializeMemory(as: UInt8.self, repeating: UInt8(number))
            }
            expected += [UInt8](repeating: UInt8(number), count: 100_000)
        }
        #expect(builder.freeze().array == expected)
    }

    @Test func `what came in pieces is freed with its last owner`() {
        weak var last: ByteStorage?
        do {
            var builder = BytesBuilder(capacity: 0, limit: 10 << 20)
            for _ in 0..<5 { builder.append(length: 1_000_000) { $0.initializeMemory(as: UInt8.self, repeating: 1) } }
            let frozen = builder.freeze()
            last = frozen.storage
            #expect(frozen.count == 5_000_000)
        }
        #expect(last == nil)
    }

    @Test func `memory is filled in place`() {
        var builder = BytesBuilder(capacity: 1, limit: 600)
        let first = builder.append([1])
        builder.append(length: 400) { memory in
            for position in memory.indices { memory[position] = UInt8(truncatingIfNeeded: position) }
        }
        builder.append(length: 0) { _ in }
        #expect(first)
        #expect(builder.freeze().array == [1] + (0..<400).map { UInt8(truncatingIfNeeded: $0) })
    }

    @Test(arguments: [1, 16, 1_000, 100_000])
    func `a right capacity means one allocation that freezing keeps`(count: Int) {
        var builder = BytesBuilder(capacity: count, limit: count)
        let half = count / 2
        var addresses: [UnsafeRawPointer?] = []
        for length in [half, count - half] {
            builder.append(length: length) { memory in
                memory.initializeMemory(as: UInt8.self, repeating: 7)
                addresses.append(UnsafeRawPointer(memory.baseAddress))
            }
        }
        let frozen = builder.freeze()
        #expect(addresses == [frozen.address, frozen.address.map { $0 + half }])
    }

    @Test func `many bytes come out as they went in, whatever pieces they came in`() {
        let bytes = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        var builder = BytesBuilder(capacity: bytes.count, limit: bytes.count)
        var rest = bytes[...]
        let sizes = [1, 8_191, 8_192, 7, 64, 100_000]
        var number = 0
        while !rest.isEmpty {
            let piece = Array(rest.prefix(sizes[number % sizes.count]))
            let isAppended = builder.append(piece)
            #expect(isAppended)
            rest = rest.dropFirst(piece.count)
            number += 1
        }
        #expect(builder.freeze().array == bytes)
    }

    @Test func `growth moves the bytes seldom`() {
        var builder = BytesBuilder(capacity: 0, limit: 100_000)
        var starts: [UnsafeMutableRawPointer] = []
        for position in 0..<100_000 {
            builder.append(length: 1) { memory in
                memory[0] = UInt8(truncatingIfNeeded: position)
                let start = memory.baseAddress! - position
                if starts.last != start { starts.append(start) }
            }
        }
        #expect(starts.count <= 10)
        let frozen = builder.freeze()
        #expect(frozen.array == (0..<100_000).map { UInt8(truncatingIfNeeded: $0) })
    }

    @Test func `freezing gives back what would stay unused`() {
        var builder = BytesBuilder(capacity: 1 << 20, limit: 1 << 20)
        let appended = builder.append([1, 2, 3])
        let frozen = builder.freeze()
        #expect(appended)
        #expect(frozen.array == [1, 2, 3])
        #expect(frozen.storage.capacity < 256)
    }

    @Test func `freezing keeps the allocation where little stays unused`() {
        var builder = BytesBuilder(capacity: 1_000, limit: 1_000)
        var address: UnsafeRawPointer?
        builder.append(length: 900) { memory in
            memory.initializeMemory(as: UInt8.self, repeating: 7)
            address = UnsafeRawPointer(memory.baseAddress)
        }
        #expect(builder.freeze().address == address)
    }

    @Test func `a capacity outside the limit traps`() async {
        await #expect(processExitsWith: .failure) { _ = BytesBuilder(capacity: 2, limit: 1).freeze() }
        await #expect(processExitsWith: .failure) { _ = BytesBuilder(capacity: -1, limit: 1).freeze() }
    }

    @Test func `filling beyond the limit traps`() async {
        await #expect(processExitsWith: .failure) {
            var builder = BytesBuilder(capacity: 0, limit: 4)
            builder.append(length: 5) { _ in }
        }
    }

    @Test func `filling a negative length traps`() async {
        await #expect(processExitsWith: .failure) {
            var builder = BytesBuilder(capacity: 8, limit: 8)
            builder.append(length: 4) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
            builder.append(length: -1) { _ in }
        }
    }
}
