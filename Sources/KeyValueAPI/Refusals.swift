public import HTTPMessages

// Who is let in.
extension KeyValueAPI {
    /// Whether tokens are needed, or not every host is answered to.
    public var isGuarded: Bool { access != nil || !allowedHosts.isEmpty }

    /// 421, 401 or 403 for a request whose sender may not do what it asks for; nil where he may. Looks at nothing but the
    /// method, the path, the token, and what browsers tell, so that the answer tells nothing of what is stored.
    public func refusal(of request: Request) -> Response? {
        let route = route(of: request.target)
        if let problem = refusalOfHost(request, route) ?? refusalOfPage(request) {
            return problem.response(route: route.id, asJSON: request.prefersJSON)
        }
        guard let access, let need = need(of: request, route) else { return nil }
        return switch access.standing(of: request) {
        case .writer: nil
        case .reader: need == .writing ? response(to: request, route, refused: .readOnly) : nil
        case .stranger: response(to: request, route, refused: .noToken)
        case .impostor: response(to: request, route, refused: .otherToken)
        }
    }

    /// Whether the sender of a request that was let in may write, too. O(tokens).
    func mayWrite(_ request: Request) -> Bool { access?.standing(of: request) ?? .writer == .writer }

    /// The answer to a request that is refused.
    func response(to request: Request, _ route: Route, refused refusal: Refusal) -> Response {
        var response = Problem(refusal.status, refusal.detail)
            .response(route: route.id, asJSON: request.prefersJSON)
        response.add(challenge: refusal.challenge)
        return response
    }

    /// What a request needs a token for.
    private enum Need { case reading, writing }

    /// nil where everybody may ask: whether the service is well, and what it is at all.
    private func need(of request: Request, _ route: Route) -> Need? {
        // Browsers show no token when they ask what they may send.
        if sharing != nil, request.isPreflight { return nil }
        switch route {
        case .livez, .healthz, .readyz, .openapi, .help, .other: return nil
        case .metrics: return .reading
        // What is in it is not known yet.
        case .batch: return .reading
        case .keys, .collection: return request.method.isSafe ? .reading : .writing
        }
    }
}

/// Why somebody is not let in.
enum Refusal {
    case noToken, otherToken, readOnly

    var status: Status { self == .readOnly ? .forbidden : .unauthorized }

    var challenge: Challenge {
        switch self {
        case .noToken: .token
        case .otherToken: .otherToken
        case .readOnly: .tokenForMore
        }
    }

    var detail: String {
        switch self {
        case .noToken: "a token is needed here, in a field 'Authorization: Bearer TOKEN'"
        case .otherToken: "the token in Authorization is none that this service knows"
        case .readOnly: "the token in Authorization is for reading only"
        }
    }
}
