import ByteBuffers
import Compression
import Foundation
import TestSupport
import Testing

@Suite struct GzipTests {
    /// What `gzip -d` makes of it. By way of files: a pipe would be inherited by programs that other tests start meanwhile.
    private func unpacked(_ packed: SharedBytes) async throws -> [UInt8] {
        let file = FileManager.default.temporaryDirectory.appending(path: "latchkey-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let packedFile = file.appendingPathExtension("gz")
        try Data(packed.withBorrowedBytes { Array($0) }).write(to: packedFile)
        return try await blocking {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["gzip", "-d", packedFile.path]
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            // `Data(contentsOf:)` leaks its buffer where the file is empty.
            let unpacked = try FileHandle(forReadingFrom: file)
            defer { try? unpacked.close() }
            return Array(try unpacked.readToEnd() ?? Data())
        }
    }

    @Test(arguments: [CompressionLevel.fast, .small], [0, 1, 100, 100_000])
    func `what is packed comes out as it was`(level: CompressionLevel, count: Int) async throws {
        var random = SystemRandomNumberGenerator()
        // Half of it repeats itself, and half does not.
        let content = (0..<count).map { $0 < count / 2 ? UInt8($0 % 10) : UInt8.random(in: 0...255, using: &random) }
        let packed = try #require(gzip(SharedBytes(copying: content), level: level))
        #expect(try await unpacked(packed) == content)
    }

    @Test func `what repeats itself gets smaller`() throws {
        let content = SharedBytes(copying: String(repeating: "latchkey_keys 1\n", count: 1000).utf8)
        #expect(try #require(gzip(content, level: .fast)).count < content.count / 20)
    }
}
