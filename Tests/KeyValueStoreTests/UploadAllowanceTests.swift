import ByteBuffers
import Testing

@testable import KeyValueStore

/// Memory of uploads in progress.
@Suite struct UploadAllowanceTests {
    private static let much = 100_000

    private func builder(_ allowance: UploadAllowance?, announced: Int) -> BytesBuilder {
        SharedBytes(copying: [1] as [UInt8]).withBorrowedBytes { key in
            Entry.start(
                key: key, attributes: BorrowedBytes(""), hasDeadline: false, valueCount: announced,
                maximumValueCount: 10 * Self.much, allowance: allowance)
        }
    }

    private func admitted(_ store: ShardedStore, _ count: Int?) -> UploadAllowance? {
        if case .admitted(let allowance) = store.admitUpload(of: count) { return allowance }
        Issue.record("not admitted")
        return nil
    }

    private func append(_ count: Int, to builder: inout BytesBuilder) -> Bool {
        borrowing([UInt8](repeating: 1, count: count)) { builder.append($0) }
    }

    @Test func `an announced upload is counted from its start until it is an entry`() {
        let store = ShardedStore(shards: 1)
        var builder = builder(admitted(store, Self.much), announced: Self.much)
        #expect(store.uploadBytes == Self.much)
        let fits = append(Self.much, to: &builder)
        #expect(fits)
        #expect(store.uploadBytes == Self.much)
        let entry = Entry(sealing: builder)
        #expect(store.uploadBytes == 0)
        #expect(entry.value.count == Self.much)
    }

    @Test func `an upload that is given up gives its memory back`() {
        let store = ShardedStore(shards: 1)
        do {
            var builder = builder(admitted(store, Self.much), announced: Self.much)
            _ = append(10, to: &builder)
            #expect(store.uploadBytes == Self.much)
        }
        #expect(store.uploadBytes == 0)
    }

    @Test func `small uploads are not counted`() {
        let store = ShardedStore(shards: 1)
        let allowance = admitted(store, ShardedStore.uncountedUpload)
        #expect(allowance == nil)
        var builder = builder(admitted(store, nil), announced: 0)
        let fits = append(2_000, to: &builder)
        #expect(fits)
        #expect(store.uploadBytes == 0)
    }

    @Test func `an upload of no announced length is counted as it grows`() {
        let store = ShardedStore(shards: 1)
        do {
            var builder = builder(admitted(store, nil), announced: 0)
            for number in 1...100 {
                let fits = append(1_000, to: &builder)
                #expect(fits)
                let counted = store.uploadBytes
                #expect(number < 9 || counted >= 1_000 * number, "\(counted) of \(number)")
                #expect(counted <= 2_000 * number + ShardedStore.uncountedUpload)
            }
        }
        #expect(store.uploadBytes == 0)
    }

    @Test func `all uploads together have a limit`() {
        let store = ShardedStore(shards: 1, maximumUploads: 3 * Self.much)
        var allowances = (0..<3).map { _ in admitted(store, Self.much) }
        guard case .busy = store.admitUpload(of: Self.much) else { return #expect(Bool(false)) }
        #expect(store.refusedUploads == 1)
        #expect(store.uploadBytes == 3 * Self.much)
        do {
            var growing = builder(admitted(store, nil), announced: 0)
            let small = append(4_000, to: &growing)
            #expect(small && !growing.wasDenied)
            let large = append(100_000, to: &growing)
            #expect(!large && growing.wasDenied)
        }
        #expect(store.refusedUploads == 2)
        allowances.removeLast()
        let again = admitted(store, Self.much)
        #expect(again != nil)
        guard case .full = store.admitUpload(of: 4 * Self.much) else { return #expect(Bool(false)) }
    }

    @Test func `uploads take from what a store may have`() {
        let limit = 1 << 20
        let store = ShardedStore(shards: 1, maximumMemory: limit)
        let value = [UInt8](repeating: 1, count: Self.much)
        func fill() -> Int {
            var count: UInt8 = 0
            while store.put(makeEntry([count], value)).hasCreated { count += 1 }
            for key in 0..<count { _ = store.remove([key]) }
            return Int(count)
        }
        let alone = fill()
        let allowance = admitted(store, 3 * Self.much)
        #expect(fill() == alone - 3)
        withExtendedLifetime(allowance) {}
    }

    @Test func `a full store takes an upload that may replace a value, but not any number`() {
        let limit = 1 << 20
        let store = ShardedStore(shards: 1, maximumMemory: limit)
        let value = [UInt8](repeating: 1, count: 30_000)
        var count: UInt8 = 0
        while store.put(makeEntry([count], value)).hasCreated { count += 1 }
        var allowances: [UploadAllowance?] = []
        while case .admitted(let allowance) = store.admitUpload(of: value.count) { allowances.append(allowance) }
        #expect((1...6).contains(allowances.count))
        allowances = []
        #expect(store.uploadBytes == 0)
        #expect(store.put(makeEntry([0], value)).newVersion != nil)
    }

    @Test func `an evicting store makes room for uploads`() {
        let limit = 2 << 20
        let store = ShardedStore(shards: 4, maximumMemory: limit, eviction: .s3FIFO)
        for key in 0..<5_000 as Range<UInt64> {
            _ = store.put(makeEntry(key.bytes, [UInt8](repeating: 1, count: 1_000)))
        }
        let allowance = admitted(store, 1 << 20)
        #expect(allowance != nil)
        let memory = (0..<4).reduce(0) { $0 + store.statistics(ofShard: $1).counts.memoryBytes }
        #expect(memory + store.uploadBytes <= limit + 4 * store.memory.step)
        // Else the store would be emptied for an upload that cannot come to anything.
        guard case .full = store.admitUpload(of: limit + 1) else { return }
    }
}
