public import Testing

/// Has each test of a suite, and what it starts, run on threads of their own. The few that all tests share may be taken by others
/// for minutes: a test that looks at what a moment ago has come to pass, or of which one part lets another go on, is not to wait
/// for these.
public struct OwnThreads: SuiteTrait, TestTrait, TestScoping {
    /// Also those of the suites within.
    public var isRecursive: Bool { true }

    /// Calls `function` on a thread of its own.
    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await blocking { try await function() }
    }
}

extension Trait where Self == OwnThreads {
    /// Threads of the test's own, see `OwnThreads`.
    public static var ownThreads: Self { Self() }
}
