import KeyValueAPI
import Logging
import MicroHTTPD

/// What the service has read from files at its start, and reads anew when it is told that they have changed.
struct ReloadableFiles: Sendable {
    /// Who is let in; nil for everybody.
    let access: AccessControl?
    private let tokens: TokenFiles?
    /// What connections are secured with; nil for plain HTTP.
    let security: ServerSecurity?
    private let certificate: CertificateFiles?

    /// Reads the files that `configuration` names. Throws where one cannot be used.
    init(_ configuration: ServerConfiguration) throws(StartFailure) {
        tokens = TokenFiles(configuration)
        access = try tokens.map { (tokens) throws(StartFailure) in try tokens.makeAccessControl() }
        certificate = CertificateFiles(configuration)
        security = try certificate.map { (files) throws(StartFailure) in ServerSecurity(try files.read()) }
    }

    /// Whether there are any.
    var isEmpty: Bool { tokens == nil && certificate == nil }

    /// Reads the files again. What cannot be used is logged, and what was read before goes on to count. Blocks.
    func reload(logger: Logger) {
        if let tokens, let access {
            report("tokens", logger) { () throws(StartFailure) in try tokens.reload(into: access) }
        }
        if let certificate, let security {
            report("certificate", logger) { () throws(StartFailure) in security.replace(try certificate.read()) }
        }
    }

    private func report(_ what: String, _ logger: Logger, _ reload: () throws(StartFailure) -> Void) {
        do throws(StartFailure) {
            try reload()
            logger.info("read anew", metadata: ["what": "\(what)"])
        } catch {
            logger.error("not read anew, those before stay", metadata: ["what": "\(what)", "reason": "\(error)"])
        }
    }
}
