import Glibc
import KeyValueStore
public import Logging
import ServiceLifecycle
import UnixSignals

/// Serves until SIGTERM or SIGINT asks to stop, and then until drained; a second signal ends the process at once, with
/// 128 and the signal's number as exit code. From then on the process ignores SIGPIPE.
///
/// SIGHUP has the files with tokens and the certificate read anew, where there are some.
///
/// - Parameter announce: told where the service is once it serves.
public func serve(
    _ configuration: ServerConfiguration, logger: Logger, announce: @escaping @Sendable (ServiceAddresses) -> Void
) async throws(StartFailure) {
    // A log or an output whose reader has gone is no reason to end.
    _ = signal(SIGPIPE, SIG_IGN)
    let service = try LatchkeyService(configuration: configuration, logger: logger, announce: announce)
    // The group's own account of starting and stopping is of interest when looking for a fault in it only.
    var groupLogger = logger
    groupLogger.logLevel = max(logger.logLevel, .error)
    let group = ServiceGroup(services: [service], logger: groupLogger)
    // Not left to the group, which does not look at a second signal.
    // Where there is nothing to read anew, SIGHUP ends the process as it always does: its terminal has gone.
    let signals = await UnixSignalsSequence(
        trapping: [.sigterm, .sigint] + (service.files.isEmpty ? [] : [.sighup]))
    let watch = Task {
        var isStopping = false
        for await signal in signals {
            if signal == .sighup {
                service.files.reload(logger: logger)
                continue
            }
            if isStopping { _exit(128 + signal.rawValue) }
            isStopping = true
            await group.triggerGracefulShutdown()
        }
    }
    defer { watch.cancel() }
    do {
        try await group.run()
    } catch let failure as StartFailure {
        throw failure
    } catch {
        throw StartFailure(description: "\(error)")
    }
}
