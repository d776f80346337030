import ByteBuffers
import CLibFuzzer
import Glibc

/// What is fed to a parser, and what must hold of the result. A trap is a finding.
private let targets: [String: @Sendable (BorrowedBytes) -> Void] = [
    "percent": fuzzPercentDecoding, "requests": fuzzRequests, "tags": fuzzEntityTags, "ranges": fuzzRanges,
    "batch": fuzzBatch, "fields": fuzzFields, "heads": fuzzHeads,
]

/// The one that `FUZZ_TARGET` names.
private let chosen: @Sendable (BorrowedBytes) -> Void = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = targets[name] else { fatalError("FUZZ_TARGET is '\(name)', none of \(targets.keys.sorted())") }
    return target
}()

/// What libFuzzer calls, over and over. A copy without a byte more, so that reading past its end is seen.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyMemory(from: UnsafeRawBufferPointer(start: start, count: count))
    chosen(BorrowedBytes(UnsafeRawBufferPointer(copy)))
    return 0
}

/// Calls `body` with a view of `bytes`.
func borrowing<Result>(_ bytes: [UInt8], _ body: (BorrowedBytes) -> Result) -> Result {
    bytes.withUnsafeBytes { body(BorrowedBytes($0)) }
}
