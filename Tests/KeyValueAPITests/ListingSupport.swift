import Foundation

extension InProcessClient {
    /// What a listing in JSON says of a key.
    struct ListedKey: Decodable, Equatable {
        let key: String
        let size: Int
        let etag: String
        let ttl: Int?
    }

    private struct Listing: Decodable { let keys: [ListedKey] }

    func listedAsJSON(_ answer: Answer) throws -> [ListedKey] {
        try JSONDecoder().decode(Listing.self, from: Data(answer.content)).keys
    }

    /// The pages of a walk, from a query on: each follows the link of the one before. Ends after so many pages, so that
    /// links that go round end too.
    func pages(_ query: String = "", limit: Int = 1_000) -> [Answer] {
        var pages = [send("GET", "/keys/\(query)")]
        while let link = pages[pages.count - 1].nextTarget, pages.count < limit { pages.append(send("GET", link)) }
        return pages
    }

    /// The lines of all pages.
    func listed(_ query: String = "") -> [String] { pages(query).flatMap(\.lines) }
}

extension Answer {
    var lines: [String] { text.split(separator: "\n").map(String.init) }

    /// Where the link to the next page leads from a page of `/keys/`, to which it is relative.
    var nextTarget: String? {
        guard let link = self["Link"], link.hasPrefix("<"), link.hasSuffix(">; rel=\"next\"") else { return nil }
        return "/keys/" + link.dropFirst().prefix { $0 != ">" }
    }
}
