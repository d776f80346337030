import HTTPMessages
import KeyValueStore

// Conditional requests (RFC 9110 section 13).
extension KeyValueAPI {
    /// The condition that `If-Match` (strong comparison) and `If-None-Match` (weak comparison) make together, or nil where
    /// the request has neither. Several field lines of one name are one list (RFC 9110 section 5.2).
    func condition(of request: Request) throws(Problem) -> WriteCondition? {
        if request.names.isDisjoint(with: .conditions) { return nil }
        let matching = try versions(.ifMatch, in: request, \.stronglyMatching)
        let notMatching = try versions(.ifNoneMatch, in: request, \.weaklyMatching)
        if matching == nil && notMatching == nil { return nil }
        return WriteCondition(matching: matching, notMatching: notMatching)
    }

    /// Throws where a request about many keys, `what`, has a condition, which goes with one value.
    func refuseConditions(_ request: Request, _ what: StaticString) throws(Problem) {
        if request.names.isDisjoint(with: .conditions) { return }
        let name: FieldName = request.has(.ifMatch) ? .ifMatch : .ifNoneMatch
        throw Problem(.badRequest, "\(name.text) goes with one key, not with \(what)")
    }

    private func versions(
        _ name: FieldName, in request: Request, _ comparison: (EntityTagList) -> [UInt64]?
    ) throws(Problem) -> VersionSet? {
        var all: VersionSet?
        for field in request.fields where field.name == name {
            let list: EntityTagList
            var rest = field.value
            do {
                list = try EntityTagList(reading: &rest, nonce: nonce)
            } catch {
                throw Problem(.badRequest, "\(name.text): \(error.explanation), unlike '\(rest.excerpt())'")
            }
            switch (all, comparison(list)) {
            case (nil, nil): all = .any
            case (nil, let listed?): all = .versions(listed)
            case (.versions(let earlier), let listed?): all = .versions(earlier + listed)
            default:
                let fault = EntityTagList.Malformation.starInList
                throw Problem(.badRequest, "\(name.text): \(fault.explanation), unlike '\(field.value.excerpt())'")
            }
        }
        return all
    }

    /// Whether a `Range` field counts: without `If-Range`, or where that names the current tag, which must be a strong one
    /// (RFC 9110 section 13.1.5). A date never matches, since values have none; nor do two lines.
    func rangeApplies(to entry: Entry, in request: Request) -> Bool {
        guard request.has(.ifRange) else { return true }
        guard let field = request.only(.ifRange), field.first == UInt8(ascii: "\""),
            case .tags(let tags)? = try? EntityTagList(field, nonce: nonce)
        else { return false }
        return tags.count == 1 && tags[0].version == entry.version
    }

    /// 412 with the tag that would have matched, so that the caller can retry at once.
    func preconditionFailed(_ request: Request, current: UInt64?) -> Response {
        let tag = current.map { EntityTag(nonce: nonce, version: $0) }
        var response = Problem(.preconditionFailed, failure(of: request, current: tag))
            .response(route: Route.keys.id, asJSON: request.prefersJSON)
        response.entityTag = tag
        return response
    }

    /// Which of the two fields does not hold, and why. `If-Match` goes first (RFC 9110 section 13.2.2).
    private func failure(of request: Request, current: EntityTag?) -> String {
        guard let current else { return "If-Match: the key has no value" }
        let matching = try? versions(.ifMatch, in: request, \.stronglyMatching)
        if let matching, !matching.contains(current.version) {
            let weakly = try? versions(.ifMatch, in: request, \.weaklyMatching)
            if weakly?.contains(current.version) == true {
                return "If-Match: the value's ETag \(current.text) is given as a weak one, which never matches here"
            }
            return "If-Match: the value's ETag \(current.text) is none of those given"
        }
        if case .any = try? versions(.ifNoneMatch, in: request, \.weaklyMatching) {
            return "If-None-Match: the key has a value, whose ETag is \(current.text)"
        }
        return "If-None-Match: the value's ETag \(current.text) is one of those given"
    }
}

extension EntityTagList.Malformation {
    fileprivate var explanation: String {
        switch self {
        case .notQuoted: "an entity tag starts with a quote, or W/ and a quote"
        case .notClosed: "an entity tag has a closing quote"
        case .controlCharacter: "an entity tag has no control characters"
        case .noComma: "entity tags are separated by commas"
        case .starInList: "* stands alone, not beside entity tags"
        }
    }
}
