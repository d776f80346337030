import ByteBuffers
import Testing

@testable import KeyValueStore

private func startEntry(
    _ key: StaticString, attributes: StaticString = "", valueCount: Int, maximumValueCount: Int
) -> BytesBuilder {
    Entry.start(
        key: BorrowedBytes(key), attributes: BorrowedBytes(attributes), hasDeadline: false, valueCount: valueCount,
        maximumValueCount: maximumValueCount)
}

@Suite struct EntryTests {
    @Test(arguments: [0, 1, 7, 8, 255, 65_536, 3 << 20])
    func `key, attributes and value come back`(valueCount: Int) {
        let value = (0..<valueCount).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for keyCount in [1, 2, 15, 1_024] {
            let key = (0..<keyCount).map { UInt8(truncatingIfNeeded: $0) }
            for attributes in [[], Array("text/plain".utf8), [UInt8](repeating: 0x78, count: 4_095)] {
                let entry = makeEntry(key, value, attributes: attributes)
                #expect(entry.key.array == key)
                #expect(Array(entry.memory.keyBytes) == key)
                #expect(entry.attributes.array == attributes)
                #expect(entry.value.count == valueCount)
                #expect(entry.value == SharedBytes(copying: value))
                #expect(entry.key.count == keyCount)
                #expect(entry.version == 0)
            }
        }
    }

    @Test func `the layout is as written down`() {
        let entry = makeEntry([1, 2, 3], [6, 7], attributes: [4, 5])
        entry.memory.version = 0x0102_0304_0506_0708
        let bytes = Array(UnsafeRawBufferPointer(start: entry.storage.bytes, count: 23))
        #expect(UInt64(bytes: bytes[0..<8]) == 0x0102_0304_0506_0708)
        #expect(UInt64(bytes: bytes[8..<12]) == 2)
        #expect(UInt64(bytes: bytes[12..<14]) == 3)
        #expect(Array(bytes[14...]) == [2, 0, 1, 2, 3, 4, 5, 6, 7])
        let expiring = makeEntry([1], deadline: 0x0102)
        let start = Array(UnsafeRawBufferPointer(start: expiring.storage.bytes, count: 25))
        #expect(Array(start[14...]) == [0, 0x80, 2, 1, 0, 0, 0, 0, 0, 0, 1])
    }

    @Test func `the longest key and the most attributes fit`() {
        let key = [UInt8](repeating: 1, count: 65_535)
        let attributes = [UInt8](repeating: 2, count: Entry.maximumAttributesCount)
        let entry = makeEntry(key, [3], attributes: attributes)
        #expect(entry.key.array == key)
        #expect(entry.attributes.array == attributes)
        #expect(entry.value.array == [3])
    }

    @Test(arguments: [[], [4, 5]] as [[UInt8]])
    func `a deadline takes eight bytes where there is room for one, and nothing else changes`(attributes: [UInt8]) {
        let without = makeEntry([1, 2], [3], attributes: attributes)
        #expect(!without.hasDeadline && without.deadline == Entry.never)
        let entry = makeEntry([1, 2], [3], attributes: attributes, deadline: 77)
        #expect(entry.hasDeadline && entry.deadline == 77)
        entry.setDeadline(Entry.never)
        #expect(entry.deadline == Entry.never)
        #expect(entry.key.array == [1, 2] && entry.value.array == [3] && entry.attributes.array == attributes)
        let end = { (entry: Entry) in
            entry.value.withBorrowedBytes { $0.withUnsafeBytes { $0.baseAddress! } }
                - UnsafeRawPointer(entry.storage.bytes)
        }
        #expect(end(entry) == end(without) + 8)
    }

    @Test func `an entry expires at its deadline and not before`() {
        let hand = HandClock()
        let entry = makeEntry([1], deadline: hand.now + 2)
        #expect(!entry.memory.isExpired(by: hand.clock))
        hand.advance(by: 1)
        #expect(!entry.memory.isExpired(by: hand.clock))
        hand.advance(by: 1)
        #expect(entry.memory.isExpired(by: hand.clock))
    }

    @Test func `setting the version changes nothing else`() {
        let entry = makeEntry([0, 0xff], [9], attributes: [8])
        for version in [1, 0x1_0000_0000, .max] as [UInt64] {
            entry.memory.version = version
            #expect(entry.version == version)
            #expect(entry.key.array == [0, 0xff])
            #expect(entry.attributes.array == [8])
            #expect(entry.value.array == [9])
        }
    }

    @Test func `value, attributes and key share the entry's allocation`() {
        let entry = makeEntry([1], [2, 3], attributes: [4])
        #expect(entry.value.storage === entry.storage)
        #expect(entry.key.storage === entry.storage)
        #expect(entry.attributes.storage === entry.storage)
    }

    @Test func `a value keeps the allocation when the entry is gone`() {
        var entry: Entry? = makeEntry([1], [2, 3])
        let weak = WeakEntry(entry!)
        var value = entry?.value
        entry = nil
        #expect(!weak.isFreed)
        #expect(value?.array == [2, 3])
        value = nil
        #expect(weak.isFreed)
    }

    @Test func `a value of announced length is written straight into the entry`() {
        var builder = startEntry("ab", valueCount: 5_000, maximumValueCount: 10_000)
        var address: UnsafeRawPointer?
        builder.append(length: 5_000) { memory in
            memory.initializeMemory(as: UInt8.self, repeating: 7)
            address = UnsafeRawPointer(memory.baseAddress)
        }
        let entry = Entry(sealing: builder)
        #expect(entry.value.withBorrowedBytes { $0.withUnsafeBytes { $0.baseAddress } } == address)
        #expect(entry.value.count == 5_000)
    }

    @Test func `a value of unknown length grows piece by piece`() {
        var builder = startEntry("ab", attributes: "a/b", valueCount: 0, maximumValueCount: 1_000)
        var outcomes: [Bool] = []
        for piece in 0..<10 {
            outcomes.append(borrowing([UInt8](repeating: UInt8(piece), count: 100)) { builder.append($0) })
        }
        outcomes.append(borrowing([1]) { builder.append($0) })
        #expect(outcomes == [Bool](repeating: true, count: 10) + [false])
        let entry = Entry(sealing: builder)
        #expect(entry.key.array == Array("ab".utf8))
        #expect(entry.attributes.array == Array("a/b".utf8))
        #expect(entry.value.array == (0..<1_000).map { UInt8($0 / 100) })
    }

    @Test func `a value shorter than announced is as long as what came`() {
        var builder = startEntry("a", valueCount: 100_000, maximumValueCount: 100_000)
        let appended = borrowing([5, 6]) { builder.append($0) }
        let entry = Entry(sealing: builder)
        #expect(appended)
        #expect(entry.value.array == [5, 6])
        #expect(entry.storage.capacity < 1_000)
    }

    @Test func `what the header cannot describe traps`() async {
        await #expect(processExitsWith: .failure) { _ = makeEntry([UInt8](repeating: 1, count: 65_536)) }
        await #expect(processExitsWith: .failure) {
            _ = makeEntry([1], attributes: [UInt8](repeating: 1, count: 4_096))
        }
        await #expect(processExitsWith: .failure) {
            _ = startEntry("a", valueCount: 0, maximumValueCount: Entry.maximumValueCount + 1).freeze()
        }
        await #expect(processExitsWith: .failure) {
            _ = startEntry("a", valueCount: 2, maximumValueCount: 1).freeze()
        }
    }

    @Test func `an empty key traps`() async {
        await #expect(processExitsWith: .failure) { _ = makeEntry([]) }
    }
}
