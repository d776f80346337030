import ByteBuffers
import HTTPMessages

// The key and the query of a request target.
extension KeyValueAPI {
    /// Calls `body` with the key of a target below `/keys/`, decoded. Throws for a bad key.
    @inline(__always)
    func withKey<Result: ~Copyable>(
        of target: RequestTarget, _ body: (BorrowedBytes) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        try withDecodedKey(target.path.slice(6..<target.path.count), named: "key", body)
    }

    /// Calls `body` with a key that stands percent-encoded in a request, at least one byte. `name` says what it is, in
    /// messages.
    @inline(__always)
    func withDecodedKey<Result: ~Copyable>(
        _ encoded: BorrowedBytes, named name: StaticString, _ body: (BorrowedBytes) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        let limit = limits.keyBytes
        // Nearly every key comes as it is.
        if !encoded.isEmpty, encoded.count <= limit, encoded.firstPosition(of: UInt8(ascii: "%")) == nil {
            return try body(encoded)
        }
        return try encoded.withPercentDecoded(limit: limit) { decoded -> Swift.Result<Result, Problem> in
            switch decoded {
            case .failure(let failure): return .failure(Self.problem(failure, in: encoded, named: name))
            case .success(let key):
                do throws(Problem) { return .success(try body(key)) } catch { return .failure(error) }
            }
        }.get()
    }

    /// Calls `body` with a prefix of keys, which may be empty, that stands percent-encoded in a query.
    func withDecodedPrefix<Result>(
        _ encoded: BorrowedBytes, _ body: (BorrowedBytes) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        encoded.isEmpty ? try body(encoded) : try withDecodedKey(encoded, named: "prefix", body)
    }

    private static func problem(
        _ failure: PercentDecodingFailure, in encoded: BorrowedBytes, named name: StaticString
    ) -> Problem {
        switch failure {
        case .malformedEscape(let position):
            let escape = encoded.slice(position..<min(position + 3, encoded.count)).excerpt()
            return Problem(.badRequest, "'\(escape)' in the \(name) is not a percent escape of two hex digits")
        case .tooLong(let limit):
            // Every escape is well-formed, or that would have been the failure.
            let count = encoded.count - 2 * encoded.count { $0 == UInt8(ascii: "%") }
            return Problem(.uriTooLong, "the \(name) has \(byteCount(count)); the limit is \(byteCount(limit))")
        }
    }
}
