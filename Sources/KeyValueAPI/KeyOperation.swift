import ByteBuffers
import HTTPMessages

/// What a POST to a key does, as its query says.
enum KeyOperation {
    /// Adds to the decimal number that is the value.
    case increment(by: Int64, TimeToLive?)
    /// Adds the content at the end of the value.
    case append(TimeToLive?)
    /// Gives the value back and removes it.
    case getAndDelete
    /// Gives the value back and puts the content in its place.
    case getAndSet(Expiry)
    /// Gives the value another deadline; nil for none.
    case touch(TimeToLive?)
}

extension KeyValueAPI {
    private static let operationParameters: [StaticString] = ["op", "by", "ttl", "keepttl"]

    /// The operation that the query of a POST names. Throws for what it does not understand.
    func operation(_ target: RequestTarget) throws(Problem) -> KeyOperation {
        let query = try Query(target.query, knows: Self.operationParameters)
        guard let name = query.value(of: "op") else {
            throw Problem(.badRequest, "POST needs the query parameter 'op': incr, append, getdel, getset or touch")
        }
        if name == "incr" {
            try refuse(["keepttl"], in: query, for: name)
            return .increment(by: try step(query), try timeToLive(query))
        } else if name == "append" {
            try refuse(["by", "keepttl"], in: query, for: name)
            return .append(try timeToLive(query))
        } else if name == "getdel" {
            try refuse(["by", "ttl", "keepttl"], in: query, for: name)
            return .getAndDelete
        } else if name == "getset" {
            try refuse(["by"], in: query, for: name)
            return .getAndSet(try expiry(query))
        } else if name == "touch" {
            try refuse(["by", "keepttl"], in: query, for: name)
            guard let text = query.value(of: "ttl") else {
                throw Problem(.badRequest, "op=touch needs the query parameter 'ttl': a number of seconds, or none")
            }
            return .touch(text == "none" ? nil : try TimeToLive(text))
        }
        throw Problem(.badRequest, "op '\(name.excerpt())' is not incr, append, getdel, getset or touch")
    }

    private func refuse(_ names: [StaticString], in query: Query, for operation: BorrowedBytes) throws(Problem) {
        if let name = names.first(where: { query.contains($0) }) {
            throw Problem(.badRequest, "query parameter '\(name)' does not go with op=\(operation.excerpt())")
        }
    }

    private func timeToLive(_ query: Query) throws(Problem) -> TimeToLive? {
        guard let text = query.value(of: "ttl") else { return nil }
        return try TimeToLive(text)
    }

    private func step(_ query: Query) throws(Problem) -> Int64 {
        guard let text = query.value(of: "by") else { return 1 }
        guard let step = decimalNumber(text) else {
            throw Problem(
                .badRequest, "by '\(text.excerpt())' is not a whole number from \(Int64.min) to \(Int64.max)")
        }
        return step
    }
}

/// The number that `text` is in decimal, with a minus sign or none, and nothing else; nil for all other text.
func decimalNumber(_ text: BorrowedBytes) -> Int64? {
    guard let first = text.first, first != UInt8(ascii: "+"), text.count <= 64 else { return nil }
    return Int64(String(decoding: text, as: UTF8.self), radix: 10)
}
