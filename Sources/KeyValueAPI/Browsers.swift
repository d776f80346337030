public import ByteBuffers
public import HTTPMessages

// What pages in browsers may do, and by which names the service may be asked for.
extension KeyValueAPI {
    /// The lines of CORS, where some pages of other sites are trusted.
    public func addedLines(for request: Request) -> SharedBytes? { sharing?.lines(for: request) }

    /// 403 for a page of another site that would write. Reading is left to the browser, which shows a page no answer that has not
    /// the lines of CORS.
    func refusalOfPage(_ request: Request) -> Problem? {
        guard !request.method.isSafe, request.isOfAnotherSite, sharing?.admits(request) != true else { return nil }
        let origin = request.first(.origin)?.excerpt() ?? "not told"
        return Problem(
            .forbidden,
            "pages of other sites may not write here, and the browser says that this is one: its origin is '\(origin)'; see --cors-origin"
        )
    }

    /// 421 for a host that is none of ours. Not for a probe, which comes by address and learns only whether the service is well.
    func refusalOfHost(_ request: Request, _ route: Route) -> Problem? {
        if allowedHosts.isEmpty || route == .livez || route == .healthz || route == .readyz { return nil }
        let host = request.host.trimmed
        if let authority = Authority(host), allowedHosts.contains(where: { $0.matches(authority) }) { return nil }
        return Problem(
            .misdirectedRequest, "the host '\(host.excerpt())' is none that is answered to; see --allowed-hosts")
    }
}
