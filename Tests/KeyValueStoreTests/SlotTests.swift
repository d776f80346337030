import ByteBuffers
import Testing

@testable import KeyValueStore

@Suite struct SlotTests {
    @Test(arguments: [0, 1, 0xf_ffff, 0x10_0000, 0x12_3456, .max] as [UInt64])
    func `a slot gives back its entry and the low bits of the hash`(hash: UInt64) {
        let entry = makeEntry([1, 2], [3])
        let slot = Slot(owning: entry, hash: hash)
        #expect(!slot.isEmpty)
        #expect(slot.lowHash == hash & 0xf_ffff)
        #expect(slot.matches(Slot.tag(of: hash)))
        #expect(!slot.matches(Slot.tag(of: hash ^ 1)))
        #expect(!slot.matches(Slot.tag(of: hash ^ 0x8_0000)))
        #expect(slot.matches(Slot.tag(of: hash ^ 0x10_0000)))
        #expect(slot.entry.storage === entry.storage)
        #expect(slot.takeEntry().storage === entry.storage)
    }

    @Test func `a slot holds its key and no other`() {
        let slot = Slot(owning: makeEntry([0, 1]), hash: 5)
        #expect(borrowing([0, 1]) { slot.holds($0) })
        for other in [[0], [0, 1, 0], [1, 0], []] as [[UInt8]] {
            #expect(!borrowing(other) { slot.holds($0) })
        }
        _ = slot.takeEntry()
    }

    @Test func `a slot is an owner until its entry is taken`() {
        var entry: Entry? = makeEntry([1])
        let weak = WeakEntry(entry!)
        let slot = Slot(owning: entry!, hash: 9)
        entry = nil
        #expect(!weak.isFreed)
        _ = slot.entry
        #expect(!weak.isFreed)
        _ = slot.takeEntry()
        #expect(weak.isFreed)
    }

    @Test func `the empty slot is zero`() {
        #expect(Slot.empty.isEmpty)
        #expect(Slot.empty.word == 0)
    }
}
