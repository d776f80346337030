import HTTPMessages
import TestSupport
import Testing

/// What is made of `Authorization`.
@Suite struct BearerTokenTests {
    private func shown(_ fields: [String]) -> String {
        withRequest(fields.map { (.authorization, $0) }) { request in
            switch request.credentials {
            case .none: "none"
            case .malformed: "malformed"
            case .bearer(let token): "token \(token.text ?? "")"
            }
        }
    }

    @Test(arguments: ["Bearer", "bearer", "BEARER", "bEaReR"])
    func `the scheme is known in any case, and spaces may follow it`(scheme: String) {
        #expect(shown(["\(scheme) abc"]) == "token abc")
        #expect(shown(["\(scheme)   abc"]) == "token abc")
    }

    @Test(arguments: ["a", "aZ09-._~+/", "abc=", "abc==", "a/+=", String(repeating: "x", count: 600)])
    func `a token is taken as it is`(token: String) {
        #expect(shown(["Bearer \(token)"]) == "token \(token)")
    }

    @Test(arguments: ["", " ", "=", "a b", "a=b", "a,b", "a\"b", "é", "a\tb", "a, Bearer b"])
    func `what can be no token is malformed`(token: String) {
        #expect(shown(["Bearer \(token)"]) == "malformed")
    }

    @Test(arguments: ["", "Basic YTpi", "Bearerabc", "Bear abc", "abc", "Digest a=\"b\"", "Bearer\tabc"])
    func `another scheme shows nothing`(field: String) {
        #expect(shown([field]) == "none")
    }

    @Test func `two fields are none to trust`() {
        #expect(shown([]) == "none")
        #expect(shown(["Bearer abc", "Bearer abc"]) == "malformed")
        #expect(shown(["Bearer abc", "Basic abc"]) == "malformed")
    }

    @Test(arguments: [
        (Challenge.token, #"Bearer realm="latchkey""#),
        (.otherToken, #"Bearer realm="latchkey", error="invalid_token""#),
        (.tokenForMore, #"Bearer realm="latchkey", error="insufficient_scope""#),
    ])
    func `a challenge says what is wanted`(challenge: Challenge, text: String) {
        var response = Response(.unauthorized, route: .none)
        response.add(challenge: challenge)
        // What is added later leaves it alone.
        response.add(isGzip: true)
        var lines = FieldLines()
        lines.set(to: response, date: HTTPDate())
        #expect(lines.bytes.text?.contains("\r\nWWW-Authenticate: \(text)") == true)
    }
}
