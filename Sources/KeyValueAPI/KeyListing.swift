import ByteBuffers
import HTTPMessages
import KeyValueStore

// GET on /keys/: a page of the keys that begin with a prefix, and a link to the next.
extension KeyValueAPI {
    private static let listingParameters: [StaticString] = ["prefix", "limit", "cursor"]
    private static let defaultPageSize = 1000
    private static let largestPageSize = 10_000
    /// The longest prefix, percent-encoded as the link to the next page has it: that has to fit beside other fields.
    private static let longestPrefix = 4_000

    func list(_ request: Request, _ target: RequestTarget) throws(Problem) -> Response {
        let query = try Query(target.query, knows: Self.listingParameters)
        let limit = try pageSize(query)
        let start = try query.value(of: "cursor").map { (text) throws(Problem) in try cursor(text) }
        let prefix = query.value(of: "prefix") ?? BorrowedBytes("")
        let (own, encoded) = try withDecodedPrefix(prefix) { (prefix) throws(Problem) in
            (SharedBytes(copying: prefix), try encodedPrefix(prefix))
        }
        try checkAnswers()
        let page = KeyPage(self, prefix: own, limit: limit, from: start ?? .init(), asJSON: request.prefersJSON)
        let respond = { @Sendable () -> Response in self.response(with: page, prefix: encoded) }
        if page.fill(isPrompt: true) { return respond() }
        let work = LongWork(on: workers.anyQueue(), .collection) { standing in
            page.fill(isPrompt: false) { standing.isGivenUp }
        } answer: { _, _ in
            respond()
        }
        return Response(later: work, route: Route.collection.id)
    }

    private func response(with page: KeyPage, prefix: String) -> Response {
        let answer = page.finish(cursor: page.next.map { cursor(to: $0) })
        store.pin(answer)
        var response = Response(.ok, route: Route.collection.id, body: .shared(answer))
        response.contentType = page.asJSON ? .json : .plainTextByAccept
        if let next = page.next { response.add(link: link(to: next, prefix: prefix, limit: page.limit)) }
        return response
    }

    private func pageSize(_ query: Query) throws(Problem) -> Int {
        guard let text = query.value(of: "limit") else { return Self.defaultPageSize }
        guard let limit = decimalNumber(text), limit >= 1, limit <= Self.largestPageSize else {
            throw Problem(
                .badRequest, "limit '\(text.excerpt())' is not a whole number from 1 to \(Self.largestPageSize)")
        }
        return Int(limit)
    }

    private func cursor(_ text: BorrowedBytes) throws(Problem) -> ShardedStore.WalkPosition {
        let parts = String(decoding: text, as: UTF8.self).split(separator: "-", omittingEmptySubsequences: false)
        // One spelling for one position: what does not come out the same again was never given out.
        guard parts.count == 3, let shard = Int(parts[1], radix: 16), shard >= 0, shard < store.shardCount,
            let order = UInt64(parts[2], radix: 16),
            case let position = ShardedStore.WalkPosition(shard: shard, order: order),
            text.elementsEqual(cursor(to: position).utf8)
        else {
            throw Problem(
                .badRequest, "cursor '\(text.excerpt())' is not one that this run of the service has given out")
        }
        return position
    }

    /// `<nonce>-<shard>-<order>`, in hexadecimal: the order of another run would be another.
    private func cursor(to position: ShardedStore.WalkPosition) -> String {
        [nonce, UInt64(position.shard), position.order].map { String($0, radix: 16) }.joined(separator: "-")
    }

    private func encodedPrefix(_ prefix: BorrowedBytes) throws(Problem) -> String {
        var encoded: [UInt8] = []
        prefix.appendPercentEncoded(to: &encoded)
        guard encoded.count <= Self.longestPrefix else {
            throw Problem(
                .uriTooLong,
                "the prefix has \(encoded.count) bytes, percent-encoded; the limit is \(Self.longestPrefix)")
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Relative to the page itself, so that it holds behind a proxy which takes off a prefix of the path (RFC 3986 section 5.2.2).
    private func link(to position: ShardedStore.WalkPosition, prefix: String, limit: Int) -> String {
        "<?prefix=\(prefix)&limit=\(limit)&cursor=\(cursor(to: position))>; rel=\"next\""
    }
}
