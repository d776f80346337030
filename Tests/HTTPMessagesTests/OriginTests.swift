import ByteBuffers
import HTTPMessages
import Testing

/// What browsers tell of the page that sends a request.
@Suite struct OriginTests {
    private func isOfAnotherSite(_ fields: [(FieldName, String)]) -> Bool {
        withRequest(fields) { $0.isOfAnotherSite }
    }

    @Test func `who says nothing of a page is no page`() {
        #expect(!isOfAnotherSite([]))
        #expect(!isOfAnotherSite([(.host, "a"), (.authorization, "Bearer x")]))
    }

    @Test(arguments: ["same-origin", "none"])
    func `where the browser has decided, the origin is not compared`(site: String) {
        for origin in ["http://a", "http://b", "null", ""] {
            #expect(!isOfAnotherSite([(.host, "a"), (.origin, origin), (.secFetchSite, site)]))
        }
        #expect(!isOfAnotherSite([(.secFetchSite, " \(site)\t")]))
    }

    @Test(arguments: ["cross-site", "same-site", "", "Same-Origin", "NONE", "other", "same-origin, none"])
    func `any other site is another one, whatever the origin`(site: String) {
        #expect(isOfAnotherSite([(.host, "a"), (.origin, "http://a"), (.secFetchSite, site)]))
        #expect(isOfAnotherSite([(.secFetchSite, site)]))
    }

    @Test func `two sites are another one`() {
        #expect(isOfAnotherSite([(.secFetchSite, "same-origin"), (.secFetchSite, "same-origin")]))
    }

    @Test(arguments: [
        ("http://kv.test:8080", "kv.test:8080"), ("http://KV.test:8080", "kv.TEST:8080"), ("http://kv.test", "kv.test"),
        ("http://kv.test", "kv.test:80"), ("http://kv.test", "kv.test:"), ("http://kv.test:80", "kv.test"),
        // By TLS that ends in front of the service.
        ("https://kv.test", "kv.test"), ("https://kv.test", "kv.test:443"), ("https://kv.test:8443", "kv.test:8443"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"), ("http://[::1]:8080", "[::1]:8080"), ("https://[::1]", "[::1]"),
        ("http://localhost:1", "localhost:01"),
    ])
    func `an origin is the service's own by host and port`(origin: String, host: String) {
        #expect(!isOfAnotherSite([(.host, host), (.origin, origin)]))
    }

    @Test(arguments: [
        ("http://kv.test:8081", "kv.test:8080"), ("http://kv.test", "kv.test:8080"), ("http://kv.test:8080", "kv.test"),
        ("http://kv.test", "kv.test:443"), ("https://kv.test", "kv.test:80"), ("http://other.test", "kv.test"),
        ("http://kv.test.evil.test", "kv.test"), ("http://evil-kv.test", "kv.test"),
        ("http://localhost:1", "127.0.0.1:1"),
        ("null", "kv.test"), ("null", "null"), ("", "kv.test"), ("kv.test", "kv.test"), ("http://", "kv.test"),
        ("ftp://kv.test", "kv.test"), ("chrome-extension://kv.test", "kv.test"), ("HTTP://kv.test", "kv.test"),
        ("http://kv.test/", "kv.test"), ("http://kv.test:99999", "kv.test:99999"), ("http://kv.test:+1", "kv.test:1"),
        ("http://a@kv.test", "kv.test"), ("http://kv.test http://kv.test", "kv.test"), ("http://[::1", "[::1"),
        ("http://kv.test", ""), ("http://:80", ":80"), ("http://[::1]x", "[::1]x"),
    ])
    func `any other origin is another site's`(origin: String, host: String) {
        #expect(isOfAnotherSite([(.host, host), (.origin, origin)]))
    }

    @Test func `an origin is compared with one host, and is one`() {
        #expect(isOfAnotherSite([(.origin, "http://a")]))
        #expect(isOfAnotherSite([(.origin, "http://a"), (.origin, "http://a"), (.host, "a")]))
    }
}

/// Hosts and origins as they are set.
@Suite struct WebOriginTests {
    @Test(arguments: [
        ("https://app.example.com", "https://app.example.com"), ("HTTPS://App.Example.com", "https://app.example.com"),
        ("https://a:443", "https://a"), ("http://a:80", "http://a"), ("http://a:443", "http://a:443"),
        ("https://a:80", "https://a:80"), ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://[2001:DB8::1]:3000", "http://[2001:db8::1]:3000"), ("capacitor://localhost", "capacitor://localhost"),
        ("moz-extension://0a-1", "moz-extension://0a-1"), ("http://a_b-c.d", "http://a_b-c.d"),
    ])
    func `an origin is written as browsers write it`(text: String, expected: String) {
        #expect(WebOrigin(text)?.text == expected)
    }

    @Test(arguments: [
        "", "*", "null", "app.example.com", "https://", "https:/a", "https://a/", "https://a/b", "https://a?b",
        "https://a#b",
        "https://b@a", "https://*.a", "https://a b", "https://é", "https://a:", "https://a:65536", "https://a:x",
        "1http://a",
        "://a", "https://a,https://b", "https://[::1", "https://::1", "http s://a", "https://[a", "https://[1]",
        "https://\(String(repeating: "a", count: 254))", "https://a\u{0}", "https://a\r\n",
    ])
    func `what is no origin is none`(text: String) {
        #expect(WebOrigin(text) == nil)
    }

    @Test(arguments: [
        ("kv.test", ["kv.test", "KV.test", "kv.test:1", "kv.test:80"]),
        ("kv.test:8080", ["kv.test:8080", "kv.TEST:8080"]),
        ("kv.test:80", ["kv.test:80", "kv.test", "kv.test:"]), ("kv.test:443", ["kv.test", "kv.test:443"]),
        ("KV.Test", ["kv.test"]), ("192.0.2.1", ["192.0.2.1:9", "192.0.2.1"]), ("[::1]", ["[::1]", "[::1]:7"]),
        ("[2001:DB8::1]:8", ["[2001:db8::1]:8", "[2001:DB8::1]:8"]),
    ])
    func `a host is asked for by its name, with its port or any`(text: String, hosts: [String]) throws {
        let allowed = try #require(AllowedHost(text))
        for host in hosts {
            #expect(borrowing(host) { Authority($0).map { allowed.matches($0) } ?? false }, "\(host)")
        }
    }

    @Test(arguments: [
        ("kv.test", ["kv.test.", "a.kv.test", "kv.tes", "", "kv.test:x", "[kv.test]"]),
        ("kv.test:8080", ["kv.test", "kv.test:80"]),
        ("kv.test:80", ["kv.test:443", "kv.test:8080"]), ("[::1]", ["::1", "[::2]", "[::1", "[::1]]", "[::1]a"]),
        ("192.0.2.1", ["192.0.2.10", "1.192.0.2.1"]),
    ])
    func `other hosts are others`(text: String, hosts: [String]) throws {
        let allowed = try #require(AllowedHost(text))
        for host in hosts {
            #expect(borrowing(host) { Authority($0).map { allowed.matches($0) } ?? false } == false, "\(host)")
        }
    }

    @Test(arguments: [
        "", "a b", "a:", "a:b", "::1", "[a]", "[::1", "http://a", "a/b", "a,b", "*", "a:65536", ":80", "é", "*.a",
    ])
    func `what is no host is none`(text: String) {
        #expect(AllowedHost(text) == nil)
    }
}
