/// How long a test waits for what has to come, before it says that it has not. No measure of speed: what is to be quick is
/// counted, or compared with something else. All tests run at once, so that each may have to wait for those beside it.
public let patience = Duration.seconds(patienceSeconds)

/// The same in whole seconds.
public let patienceSeconds = isSanitized ? 240 : 60

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
