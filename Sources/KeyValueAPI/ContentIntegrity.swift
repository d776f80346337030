import ByteBuffers
import Digests
public import HTTPMessages

// `Content-Digest` of what clients send (RFC 9530 section 2).
extension KeyValueAPI {
    /// Takes a value whose request has one of the fields `seldomWithContent`. Leaves no builder where it is refused.
    @inline(never)
    func receiveSeldom(_ request: Request, _ builder: inout BytesBuilder?) throws(Problem) -> Reception {
        if request.has(.contentRange) {
            builder = nil
            throw Problem(
                .badRequest, "Content-Range has no meaning in a \(request.method.name): values are stored whole")
        }
        return try receiveChecking(request, &builder)
    }

    /// Takes content that has to have the digests that its request gives. Leaves no builder where these cannot be read.
    @inline(never)
    func receiveChecking(_ request: Request, _ builder: inout BytesBuilder?) throws(Problem) -> Reception {
        do throws(Problem) {
            return try request.contentDigests().isEmpty ? .take : .takeChecking
        } catch {
            builder = nil
            throw error
        }
    }

    /// What computes the digests that the request gives, and compares them.
    public func contentCheck(of request: Request) -> any ContentCheck {
        DigestCheck((try? request.contentDigests()) ?? [], route(of: request.target))
    }
}

/// Computes the digests of content as it arrives, and compares them with those that were given.
///
/// `@unchecked Sendable`: used by the thread of one event loop, as `ContentCheck` says.
private final class DigestCheck: ContentCheck, @unchecked Sendable {
    private let given: [ContentDigest]
    /// One for each that was given; nil where the system has no memory for it.
    private let computations: [DigestComputation?]
    private let route: Route

    init(_ given: [ContentDigest], _ route: Route) {
        self.given = given
        computations = given.map { DigestComputation($0.algorithm) }
        self.route = route
    }

    func take(_ piece: BorrowedBytes) {
        for computation in computations { computation?.add(piece) }
    }

    func refusal(of request: Request) -> Response? {
        problem?.response(route: route.id, asJSON: request.prefersJSON)
    }

    private var problem: Problem? {
        for (given, computation) in zip(given, computations) {
            let name = given.algorithm.name
            guard let computed = computation?.finish() else {
                return Problem(.serviceUnavailable, "the system has no memory to compute \(name)")
            }
            if computed != given {
                return Problem(
                    .badRequest, "Content-Digest: \(name) of the content is \(computed.value), not \(given.value)")
            }
        }
        return nil
    }
}
