import KeyValueStore
import Testing

@Suite struct WriteConditionTests {
    @Test func `a missing key is in no set of versions`() {
        #expect(!VersionSet.any.contains(nil))
        #expect(!VersionSet.versions([]).contains(nil))
        #expect(!VersionSet.versions([0]).contains(nil))
    }

    @Test func `a present key is in the sets that name its version`() {
        #expect(VersionSet.any.contains(0))
        #expect(VersionSet.any.contains(.max))
        #expect(VersionSet.versions([1, 2, 3]).contains(3))
        #expect(!VersionSet.versions([1, 2, 3]).contains(4))
        #expect(!VersionSet.versions([]).contains(1))
    }

    @Test func `no condition always holds`() {
        #expect(WriteCondition().holds(for: nil))
        #expect(WriteCondition().holds(for: 1))
    }

    @Test func `matching wants the key to be present with that version`() {
        #expect(!WriteCondition(matching: .any).holds(for: nil))
        #expect(WriteCondition(matching: .any).holds(for: 1))
        #expect(!WriteCondition(matching: .versions([1])).holds(for: nil))
        #expect(WriteCondition(matching: .versions([2, 1])).holds(for: 1))
        #expect(!WriteCondition(matching: .versions([2])).holds(for: 1))
        #expect(!WriteCondition(matching: .versions([])).holds(for: 1))
    }

    @Test func `notMatching wants the key to be missing or of another version`() {
        #expect(WriteCondition(notMatching: .any).holds(for: nil))
        #expect(!WriteCondition(notMatching: .any).holds(for: 1))
        #expect(WriteCondition(notMatching: .versions([1])).holds(for: nil))
        #expect(!WriteCondition(notMatching: .versions([2, 1])).holds(for: 1))
        #expect(WriteCondition(notMatching: .versions([2])).holds(for: 1))
        #expect(WriteCondition(notMatching: .versions([])).holds(for: 1))
    }

    @Test func `both halves must hold`() {
        let both = WriteCondition(matching: .versions([1, 2]), notMatching: .versions([2, 3]))
        #expect(both.holds(for: 1))
        #expect(!both.holds(for: 2))
        #expect(!both.holds(for: 3))
        #expect(!both.holds(for: nil))
        #expect(!WriteCondition(matching: .any, notMatching: .any).holds(for: 1))
        #expect(!WriteCondition(matching: .any, notMatching: .any).holds(for: nil))
    }
}
