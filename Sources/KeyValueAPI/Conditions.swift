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

    private func versions(
        _ name: FieldName, in request: Request, _ comparison: (EntityTagList) -> [UInt64]?
    ) throws(Problem) -> VersionSet? {
        var all: VersionSet?
        for field in request.fields where field.name == name {
            let list: EntityTagList
            do {
                list = try EntityTagList(field.value, nonce: nonce)
            } catch {
                throw Problem(.badRequest, "\(name.text): \(error.explanation)")
            }
            switch (all, comparison(list)) {
            case (nil, nil): all = .any
            case (nil, let listed?): all = .versions(listed)
            case (.versions(let earlier), let listed?): all = .versions(earlier + listed)
            default: throw Problem(.badRequest, "\(name.text): \(EntityTagList.Malformation.starInList.explanation)")
            }
        }
        return all
    }

    /// Whether a `Range` field counts: without `If-Range`, or where that names the current tag, which must be a strong one
    /// (RFC 9110 section 13.1.5). A date never matches, since values have none.
    func rangeApplies(to entry: Entry, in request: Request) -> Bool {
        guard let field = request.first(.ifRange) else { return true }
        guard field.first == UInt8(ascii: "\""), case .tags(let tags)? = try? EntityTagList(field, nonce: nonce) else {
            return false
        }
        return tags.count == 1 && tags[0].version == entry.version
    }

    /// 412 with the tag that would have matched, so that the caller can retry at once.
    func preconditionFailed(_ request: Request, current: UInt64?) -> Response {
        let detail =
            current == nil
            ? "If-Match: the key has no value" : "the value's ETag does not meet If-Match or If-None-Match"
        var response = Problem(.preconditionFailed, detail)
            .response(route: Route.keys.id, asJSON: request.prefersJSON)
        response.entityTag = current.map { EntityTag(nonce: nonce, version: $0) }
        return response
    }
}

extension EntityTagList.Malformation {
    fileprivate var explanation: String {
        switch self {
        case .notQuoted: "an entity tag starts with a quote, or W/ and a quote"
        case .notClosed: "an entity tag has no closing quote"
        case .controlCharacter: "an entity tag has no control characters"
        case .noComma: "entity tags are separated by commas"
        case .starInList: "* cannot stand beside entity tags"
        }
    }
}
