public import ByteBuffers

/// The parameters in a target's query: `name=value` or `name`, with `&` between them. All percent-encoded as they came.
///
/// A value has no `+`: forms write a blank so (WHATWG URL section 5.2), while in a URL it is a plus (RFC 3986 section 3.4).
/// Nobody can tell which is meant, and a removal of the wrong keys is not to be mended.
///
/// A view of the query, valid as long as that is. Nothing is allocated; each question goes through the query again.
public struct Query: Sendable {
    private let query: BorrowedBytes?

    /// Checks that each parameter is one of `names`, at most 64, and stands once. Empty ones are skipped. O(n) in the bytes
    /// and names.
    ///
    /// - Throws: 400 that names the first parameter which is unknown, repeated or ambiguous.
    public init(_ query: BorrowedBytes?, knows names: [StaticString]) throws(Problem) {
        self.query = query
        guard let query else { return }
        precondition(names.count <= 64, "\(names.count) names of parameters, of at most 64")
        var seen: UInt64 = 0
        for parameter in Parameters(query) {
            guard let index = names.firstIndex(where: { parameter.name == $0 }) else {
                throw Problem(.badRequest, "unknown query parameter '\(parameter.name.excerpt())'")
            }
            guard seen >> UInt64(index) & 1 == 0 else {
                throw Problem(.badRequest, "query parameter '\(parameter.name.excerpt())' is given more than once")
            }
            if parameter.value.firstPosition(of: UInt8(ascii: "+")) != nil {
                let name = parameter.name.excerpt()
                throw Problem(
                    .badRequest, "'+' in query parameter '\(name)' is ambiguous: write %20 for a blank, %2B for a plus")
            }
            seen |= 1 << UInt64(index)
        }
    }

    /// The value of the parameter, empty where there is no `=`, or nil where there is no such parameter. O(n).
    public func value(of name: StaticString) -> BorrowedBytes? {
        guard let query else { return nil }
        return Parameters(query).first { $0.name == name }?.value
    }

    /// Whether there is such a parameter, with a value or without. O(n).
    public func contains(_ name: StaticString) -> Bool { value(of: name) != nil }
}

/// The parameters of a query but for empty ones, one by one.
private struct Parameters: Sequence, IteratorProtocol {
    private var rest: BorrowedBytes

    init(_ query: BorrowedBytes) { rest = query }

    mutating func next() -> (name: BorrowedBytes, value: BorrowedBytes)? {
        while !rest.isEmpty {
            let end = rest.firstPosition(of: UInt8(ascii: "&")) ?? rest.count
            let parameter = rest.slice(0..<end)
            rest = rest.slice(Swift.min(end + 1, rest.count)..<rest.count)
            guard !parameter.isEmpty else { continue }
            guard let equals = parameter.firstPosition(of: UInt8(ascii: "=")) else {
                return (parameter, parameter.slice(parameter.count..<parameter.count))
            }
            return (parameter.slice(0..<equals), parameter.slice(equals + 1..<parameter.count))
        }
        return nil
    }
}
