import Foundation
import Testing

@testable import MicroHTTPD

/// What is known of the libraries that may be loaded.
@Suite struct EngineTests {
    @Test func `the library that the tests are run with is the one that serves`() {
        guard let expected = ProcessInfo.processInfo.environment["EXPECTED_LIBMICROHTTPD"] else { return }
        #expect(HTTPServer.engineVersion == expected)
        #expect(HTTPServer.isEngineKnown)
    }

    @Test(arguments: ["0.9.75", "0.9.76"])
    func `before 1_0 heads are walked, and chunks end their connection`(version: String) {
        let engine = Engine(version: version)
        #expect(engine.isKnown && engine.sendsVerbatim && engine.headCheck == .walk)
        #expect(engine.strictness == 0 && !engine.readsChunksStrictly && !engine.refusesLongChunkLines)
        #expect(engine.ownDescriptorCount == 0 && !engine.resumingWakesLoop)
    }

    @Test(arguments: ["1.0.0", "1.0.1", "1.0.5", "1.0.10"])
    func `from 1_0 on the library is strict with heads and chunks`(version: String) {
        let engine = Engine(version: version)
        #expect(engine.isKnown && engine.sendsVerbatim && engine.headCheck == .library)
        #expect(engine.strictness == 1 && engine.readsChunksStrictly)
        #expect(engine.refusesLongChunkLines == (version == "1.0.10"))
        #expect(engine.shiftsExtendedChunks == (version != "1.0.10"))
        #expect(engine.ownDescriptorCount == 1 && engine.resumingWakesLoop)
    }

    @Test(arguments: ["1.0.11", "1.1.0", "2.0.0", "1.0.1-rc1", "1.0", "1.0.1.2"])
    func `a newer version that was not read keeps connections by its strictness alone`(version: String) {
        let engine = Engine(version: version)
        #expect(!engine.isKnown && !engine.sendsVerbatim && engine.headCheck == .library)
        #expect(engine.strictness == 1 && !engine.readsChunksStrictly && !engine.refusesLongChunkLines)
        #expect(engine.ownDescriptorCount == 1 && !engine.resumingWakesLoop)
    }

    @Test(arguments: ["0.9.74", "0.9.77", "", "x", "-1.0.1"])
    func `of an older version, or one without a number, nothing is taken for granted`(version: String) {
        let engine = Engine(version: version)
        #expect(!engine.isKnown && !engine.sendsVerbatim && engine.headCheck == .none)
        #expect(engine.strictness == 0 && !engine.readsChunksStrictly)
    }
}

extension Engine {
    /// Whether a chunk extension (RFC 9112 section 7.1.1) is taken for what it is.
    var readsChunkExtensions: Bool { !shiftsExtendedChunks }
}
