import ByteBuffers
import Foundation
import KeyValueAPI
import TestSupport
import Testing

@testable import LatchkeyServer

@Suite struct LivePageTests {
    /// Elsewhere the browser would run nothing of the page.
    @Test func `the policy has the digests of the page's own styles and scripts`() async throws {
        #expect(try await digest(of: LivePage.styles) == LivePage.stylesDigest)
        #expect(try await digest(of: LivePage.scripts) == LivePage.scriptsDigest)
        #expect(LivePage.load().securityPolicy.contains("script-src 'sha256-\(LivePage.scriptsDigest)'"))
    }

    @Test func `the page refers to nothing that is not in it`() {
        let page = LivePage.load().content.withBorrowedBytes { String(decoding: $0, as: UTF8.self) }
        #expect(page.hasPrefix("<!doctype html>") || page.hasPrefix("<!DOCTYPE html>"))
        for reference in ["src=", "@import", "url(", "<link rel=\"stylesheet\"", " style=", "onclick"] {
            #expect(!page.contains(reference), "\(reference)")
        }
        #expect(!page.contains("/*{"))
    }

    /// SHA-256 in base64, as a policy has it.
    private func digest(of text: String) async throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "latchkey-\(UUID().uuidString)")
        let result = file.appendingPathExtension("digest")
        defer { for file in [file, result] { try? FileManager.default.removeItem(at: file) } }
        try Data(text.utf8).write(to: file)
        try Data().write(to: result)
        return try await blocking {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["sha256sum", file.path]
            process.standardOutput = try FileHandle(forWritingTo: result)
            try process.run()
            process.waitUntilExit()
            let digits = Array(try Data(contentsOf: result).prefix(64))
            let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
                UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
            }
            return Data(bytes).base64EncodedString()
        }
    }
}
