import ByteBuffers
import HTTPMessages
import KeyValueStore

// GET on /keys/: a page of the keys that begin with a prefix, and a link to the next.
extension KeyValueAPI {
    private static let listingParameters: [StaticString] = ["prefix", "limit", "cursor"]
    private static let defaultPageSize = 1000
    private static let largestPageSize = 10_000
    /// What one request goes over at most, in keys of average length: a few milliseconds' work. A page may so have fewer keys
    /// than asked for, also none, and yet a link to the next.
    private static let keysWalked = 10_000
    /// What a step costs that meets no key, in keys.
    private static let costOfStep = 8
    /// Bytes of a key that cost as much to hash as all else about it.
    private static let costlyKeyBytes = 256
    /// Bytes after which a page is full: it is kept until the client has read it.
    private static let pageBytes = 256 << 10
    /// The longest prefix, percent-encoded as the link to the next page has it: that has to fit beside other fields.
    private static let longestPrefix = 4_000

    func list(_ request: Request, _ target: RequestTarget) throws(Problem) -> Response {
        let query = try Query(target.query, knows: Self.listingParameters)
        let limit = try pageSize(query)
        let start = try query.value(of: "cursor").map { (text) throws(Problem) in try cursor(text) }
        let prefix = query.value(of: "prefix") ?? BorrowedBytes("")
        return try withDecodedPrefix(prefix) { (prefix) throws(Problem) in
            let encoded = try encodedPrefix(prefix)
            var page = KeyPage(asJSON: request.prefersJSON, api: self)
            try checkAnswers()
            let next = fill(&page, prefix: prefix, limit: limit, from: start ?? .init())
            let answer = page.finish(cursor: next.map { cursor(to: $0) })
            store.pin(answer)
            var response = Response(.ok, route: Route.collection.id, body: .shared(answer))
            response.contentType = page.asJSON ? .json : .plainTextByAccept
            if let next { response.add(link: link(to: next, prefix: encoded, limit: limit)) }
            return response
        }
    }

    /// Fills a page. Returns where the next one begins, nil where there is none.
    private func fill(
        _ page: inout KeyPage, prefix: BorrowedBytes, limit: Int, from start: ShardedStore.WalkPosition
    ) -> ShardedStore.WalkPosition? {
        var position: ShardedStore.WalkPosition? = start
        var walked = 0
        while position != nil, page.count < limit, !page.isFull(Self.pageBytes), walked < Self.keysWalked {
            let entries = store.nextEntries(from: &position)
            walked += entries.count + Self.costOfStep
            for (index, walkedEntry) in entries.enumerated() {
                walkedEntry.entry.key.withBorrowedBytes { key in
                    walked += key.count / Self.costlyKeyBytes
                    if key.starts(with: prefix) { page.append(key, walkedEntry.entry) }
                }
                // Keys of one hash have one place in the order, and stay together.
                let isLastOfPlace = index + 1 == entries.count || entries[index + 1].position != walkedEntry.position
                if page.count >= limit || page.isFull(Self.pageBytes), isLastOfPlace, index + 1 < entries.count {
                    return entries[index + 1].position
                }
            }
        }
        return position
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

/// A page of keys: one a line, or an object with a list of them.
private struct KeyPage: ~Copyable {
    let asJSON: Bool
    private let api: KeyValueAPI
    private var bytes: [UInt8] = []
    private(set) var count = 0

    init(asJSON: Bool, api: KeyValueAPI) {
        self.asJSON = asJSON
        self.api = api
        if asJSON { bytes.append(contentsOf: #"{"keys":["#.utf8) }
    }

    mutating func append(_ key: BorrowedBytes, _ entry: Entry) {
        if asJSON {
            bytes.append(contentsOf: (count == 0 ? #"{"key":""# : #",{"key":""#).utf8)
            key.appendPercentEncoded(to: &bytes)
            let tag = EntityTag(nonce: api.nonce, version: entry.version).text.dropFirst().dropLast()
            let seconds = api.secondsLeft(of: entry).map { "\($0)" } ?? "null"
            bytes.append(contentsOf: #"","size":\#(entry.value.count),"etag":"\"\#(tag)\"","ttl":\#(seconds)}"#.utf8)
        } else {
            key.appendPercentEncoded(to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        count += 1
    }

    func isFull(_ limit: Int) -> Bool { bytes.count >= limit }

    /// The page's content, with where the next one begins.
    mutating func finish(cursor: String?) -> SharedBytes {
        if asJSON { bytes.append(contentsOf: "],\"cursor\":\(cursor.map { "\"\($0)\"" } ?? "null")}\n".utf8) }
        return SharedBytes(copying: bytes, storage: AnswerStorage.self)
    }
}
