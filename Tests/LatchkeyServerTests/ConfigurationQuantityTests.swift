import Testing

@testable import LatchkeyServer

@Suite struct ConfigurationQuantityTests {
    @Test func `a quantity that leaves a remainder or overflows is none`() {
        let units = ["": 1, "k": 1000, "huge": Int.max]
        #expect(Quantity.parse("1.001k", units: units) == 1001)
        #expect(Quantity.parse("1.0001k", units: units) == nil)
        #expect(Quantity.parse("0.5", units: units) == nil)
        #expect(Quantity.parse("1.000000000", units: units) == 1)
        #expect(Quantity.parse("1.0000000000", units: units) == nil)
        #expect(Quantity.parse("1huge", units: units) == .max)
        #expect(Quantity.parse("2huge", units: units) == nil)
        #expect(Quantity.parse("9223372036854775807", units: units) == .max)
        #expect(Quantity.parse("9223372036854775808", units: units) == nil)
    }

    @Test func `cores are counted from the affinity mask`() {
        #expect(affinityCount(inStatus: "Name:\tx\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n") == 2)
        #expect(affinityCount(inStatus: "Cpus_allowed:\tff,0000000f\n") == 12)
        #expect(affinityCount(inStatus: "Cpus_allowed_list:\t0-1\n") == nil)
        #expect(affinityCount(inStatus: "") == nil)
        #expect((1...1024).contains(availableCores()))
    }
}
