import Glibc
import MicroHTTPD
import Sockets
import TestSupport

/// Runs `body`, which may block, with a server of its own.
func withServer(
    _ change: (inout LiveServer.SetUp) -> Void = { _ in }, _ body: @Sendable (LiveServer) async throws -> Void
) async throws {
    var setUp = LiveServer.SetUp()
    change(&setUp)
    let live = try LiveServer(setUp)
    let outcome: Result<Void, any Error>
    do {
        outcome = .success(try await blocking { try await body(live) })
    } catch {
        outcome = .failure(error)
    }
    try await blocking { live.server.stop() }
    try outcome.get()
}

/// Runs `body` so many times at once, each on a thread of its own. What each returns comes in the order of their numbers.
@discardableResult
func eachOnItsOwn<Outcome: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Outcome
) async throws -> [Outcome] {
    try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
        for number in 0..<count { group.addTask { (number, try body(number)) } }
        var outcomes: [Int: Outcome] = [:]
        for try await (number, outcome) in group { outcomes[number] = outcome }
        return (0..<count).compactMap { outcomes[$0] }
    }
}

/// Bytes that look random and are the same in every run.
func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    // The standard library writes to its one empty array when asked for no capacity, which is a race to ThreadSanitizer.
    if count == 0 { return [] }
    var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        // As plain a loop as can be: this is not optimised, and some values have millions of bytes.
        var index = 0
        while index < count {
            if index & 7 == 0 {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
            }
            buffer[index] = UInt8(truncatingIfNeeded: state &>> UInt64(truncatingIfNeeded: 8 &* (index & 7)))
            index += 1
        }
        initialized = count
    }
}

/// Whether these are the same bytes. For large values: `==` goes byte by byte where nothing is optimised.
func areSame(_ left: [UInt8], _ right: ArraySlice<UInt8>) -> Bool {
    left.count == right.count
        && left.withUnsafeBytes { left in
            right.withUnsafeBytes { left.isEmpty || memcmp(left.baseAddress!, $0.baseAddress!, left.count) == 0 }
        }
}

/// How many of something a test has: fewer under ThreadSanitizer, which takes ten times as long for each.
func sized(_ count: Int, underThreadSanitizer fewer: Int) -> Int {
    #if THREAD_SANITIZER
        fewer
    #else
        count
    #endif
}

/// Raises the number of descriptors that this process may have as far as it may, and fails where that is not enough for
/// all tests at once. `setrlimit(2)`.
func requireDescriptors() throws {
    // Two for each of 5,000 waits for a key and 2,000 for other responses, since the clients are in this process too.
    let needed = 16_000
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
        throw SocketFailure("ask for the limit")
    }
    limit.rlim_cur = limit.rlim_max
    guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
        throw SocketFailure("raise the limit")
    }
    guard limit.rlim_cur >= needed else {
        throw Unexpected("these tests need \(needed) descriptors, and may have \(limit.rlim_cur) (ulimit -Hn)")
    }
}
