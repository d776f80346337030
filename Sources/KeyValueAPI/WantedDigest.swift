import ByteBuffers
import Digests
import HTTPMessages

// `Want-Content-Digest` (RFC 9530 section 4).
extension KeyValueAPI {
    /// Bytes whose digest is computed at once: a tenth of a millisecond's work.
    private static let promptBytes = 64 << 10
    /// Bytes after which is looked whether the digest is still wanted.
    private static let step = 1 << 20

    /// `response` with the digest of its content that the request wants, where it is a value or a part of one. Comes later where
    /// the value is large.
    ///
    /// - Parameter isLast: whether it can't come later, and comes without.
    func addingDigest(to response: Response, for request: Request, isLast: Bool = false) -> Response {
        guard request.has(.wantContentDigest), response.status == .ok || response.status == .partialContent,
            case .stored(let content) = response.body, let algorithm = request.wantedDigest
        else { return response }
        if content.count <= Self.promptBytes { return response.with(digest(algorithm, of: content) { true }) }
        if isLast { return response }
        let work = LongWork(on: workers.anyQueue(), .keys) { standing in
            self.digest(algorithm, of: content) { !standing.isGivenUp }
        } answer: { digest, _ in
            response.with(digest)
        }
        return Response(later: work, route: response.route)
    }

    /// Nil where it is not wanted any more, or the system has no memory to compute it.
    private func digest(
        _ algorithm: DigestAlgorithm, of content: StoredContent, whileWanted isWanted: () -> Bool
    ) -> ContentDigest? {
        guard let computation = DigestComputation(algorithm) else { return nil }
        return content.withContent { bytes in
            var start = 0
            while start < bytes.count, isWanted() {
                let end = min(start + Self.step, bytes.count)
                computation.add(bytes.slice(start..<end))
                start = end
            }
            return start == bytes.count ? computation.finish() : nil
        }
    }
}

extension Response {
    fileprivate func with(_ digest: ContentDigest?) -> Response {
        guard let digest else { return self }
        var response = self
        response.add(contentDigest: digest)
        return response
    }
}
