import TestSupport
import Testing
import TransportSecurity

@testable import MicroHTTPD

/// A request has one answer, and is carried out if that says so, however it fills the memory that a connection has.
///
/// The library closes a connection without a word where the head of an answer has no room beside what it keeps of the request. So
/// each thing that a client can make long or numerous is swept across its limit, alone and beside another one.
@Suite(.timeLimit(.minutes(suiteMinutes))) struct RequestMemoryTests {
    @Test(arguments: Filling.allCases)
    func `a request is answered once, and carried out or refused, however it is filled`(_ filling: Filling) async throws
    {
        try await withServer { live in
            let sweep = try RequestSweep(live)
            try sweep.cross(filling, [:])
            try sweep.cross(filling, [.metadata: 4])
        }
    }

    @Test(arguments: [
        (Filling.value, Filling.behind), (.value, .before), (.shortFields, .behind), (.shortFields, .value),
        (.cookies, .value),
        (.cookie, .behind), (.cookie, .shortFields), (.trailers, .value), (.trailer, .behind), (.extension, .behind),
        (.zeros, .behind), (.zeros, .trailer), (.before, .behind), (.before, .shortFields), (.key, .cookie),
        (.extension, .trailers), (.line, .behind), (.line, .shortFields), (.line, .zeros),
    ])
    func `so it is with two things that fill it`(_ swept: Filling, _ other: Filling) async throws {
        try await withServer { live in
            let sweep = try RequestSweep(live)
            try sweep.cross(swept, [other: other.most / 3])
        }
    }

    @Test(arguments: [Filling.value, .cookie, .emptyCookies, .trailer])
    func `so it is over TLS`(_ filling: Filling) async throws {
        let shown = try TestCertificate()
        let security = ServerSecurity(try CertifiedKey(certificate: shown.certificate, key: shown.key))
        try await withServer({ $0.security = security }) { live in
            try RequestSweep(live, trusting: shown).cross(filling, [.behind: 2_000])
        }
    }
}
