import Foundation

/// How long a test waits for what has to come, before it says that it has not. No measure of speed: what is to be quick is
/// counted, or compared with something else. All tests run at once, so that each may have to wait for those beside it.
public let patience = Duration.seconds(patienceSeconds)

/// The same in whole seconds.
public let patienceSeconds = isSanitized ? 240 : 60

/// Waits until `condition` holds, and tells whether it came to hold while there was patience. It sleeps on the thread that
/// calls it, so on one of the test's own (`blocking`), and not by a timer of the few that all tests share.
public func eventually(_ condition: () throws -> Bool) throws -> Bool {
    let deadline = ContinuousClock.now + patience
    while !(try condition()) {
        if ContinuousClock.now > deadline { return false }
        usleep(2_000)
    }
    return true
}

/// How long a test may take in all.
public let suiteMinutes = isSanitized ? 10 : 5

/// Whether a sanitizer is built in, which makes all of our own code up to ten times slower.
public let isSanitized: Bool = {
    #if ADDRESS_SANITIZER || THREAD_SANITIZER
        true
    #else
        false
    #endif
}()
