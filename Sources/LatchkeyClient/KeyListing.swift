import HTTPMessages

/// A walk over the keys that begin with a prefix, page by page. Blocks.
public struct KeyListing {
    private let client: HTTPClient
    /// The query of the next page; nil after the last.
    private var query: String?
    /// How many keys may still be given out.
    private var left: Int
    private var page: ClientResponse?
    /// Whether what was given out last did not end a line.
    private var isInLine = false

    /// A walk over all keys that begin with `prefix`, or over the first `limit` of those.
    public init(_ client: HTTPClient, prefix: [UInt8], limit: Int?) {
        self.client = client
        left = limit ?? .max
        query = "prefix=" + percentEncoded(prefix)
        // A page of the server's own size is as good as any, unless less is wanted.
        if let limit { query! += "&limit=\(min(limit, 1000))" }
    }

    /// The next bytes of the list, which has one percent-encoded key a line; nil at its end.
    public mutating func nextPiece() throws(ClientFailure) -> ArraySlice<UInt8>? {
        while left > 0 {
            if let piece = try page?.nextPiece() { return lines(of: piece) }
            // Lines of two pages are two, whatever the end of the first is.
            if isInLine { return lines(of: [UInt8(ascii: "\n")]) }
            guard try turnPage() else { return nil }
        }
        return nil
    }

    /// Asks for the next page; false where there is none.
    private mutating func turnPage() throws(ClientFailure) -> Bool {
        guard let query else { return false }
        let page = try client.send(ClientRequest(.get, client.service.listTarget(query: query)))
        // The list itself is no key that could be missing: what answers so is not a service that lists.
        guard page.head.status != 404 else {
            throw .malformedAnswer("there is no list of keys at \(client.service.prefix)/keys/")
        }
        try page.require(200)
        self.page = page
        self.query = nil
        if let link = page.head.nextLink {
            // Of the link only the query counts: its path is the server's own, which a proxy may have changed.
            let next = link.prefix { $0 != "#" }.drop { $0 != "?" }.dropFirst()
            guard !next.isEmpty, next != query, next.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                throw .malformedAnswer("the link to the next page, '\(oneLine(link.utf8))', leads nowhere")
            }
            self.query = String(next)
        }
        return true
    }

    /// As much of `piece` as `left` allows.
    private mutating func lines(of piece: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var end = piece.startIndex
        while end < piece.endIndex, left > 0 {
            if piece[end] == UInt8(ascii: "\n") { left -= 1 }
            end += 1
        }
        isInLine = piece[..<end].last != UInt8(ascii: "\n")
        return piece[..<end]
    }
}
