import HTTPMessages
import KeyValueAPI
import TestSupport
import Testing

/// Pages of other sites, and hosts that are not answered to.
@Suite struct BrowserTests {
    private static let crossSite: [InProcessClient.Fields] = [
        ["Host": "kv.test", "Sec-Fetch-Site": "cross-site"], ["Host": "kv.test", "Sec-Fetch-Site": "same-site"],
        ["Host": "kv.test", "Origin": "http://evil.test"], ["Host": "kv.test", "Origin": "null"],
        ["Host": "kv.test", "Origin": "http://kv.test:81"], ["Origin": "http://kv.test"],
        ["Host": "kv.test", "Origin": "http://kv.test", "Sec-Fetch-Site": "cross-site"],
    ]
    private static let own: [InProcessClient.Fields] = [
        [:], ["Host": "kv.test"], ["Host": "kv.test", "Origin": "http://kv.test"],
        ["Host": "kv.test", "Origin": "https://kv.test"],
        ["Host": "inner:8080", "Origin": "https://kv.test", "Sec-Fetch-Site": "same-origin"],
        ["Sec-Fetch-Site": "none"],
    ]
    private static let writes: [(method: String, target: String)] = [
        ("PUT", "/keys/a"), ("DELETE", "/keys/a"), ("DELETE", "/keys?all=true"), ("DELETE", "/keys/?prefix=a"),
        ("POST", "/keys/a?op=incr"), ("POST", "/keys/a?op=append"), ("POST", "/keys/a?op=getset"),
        ("POST", "/keys/a?op=getdel"), ("POST", "/keys/a?op=touch&ttl=1"), ("POST", "/batch"), ("PATCH", "/keys/a"),
        ("BREW", "/keys/a"), ("POST", "/"), ("PUT", "/keys/%zz"), ("post", "/batch"),
    ]
    private static let reads: [(method: String, target: String)] = [
        ("GET", "/keys/a"), ("HEAD", "/keys/a"), ("OPTIONS", "/keys/a"), ("GET", "/keys"), ("GET", "/"),
        ("GET", "/metrics"),
    ]

    @Test(arguments: writes)
    func `a page of another site writes nothing, and none of its content is read`(method: String, target: String) {
        let client = InProcessClient()
        for fields in Self.crossSite {
            for body in [.none, .whole([0x31]), .chunked([[0x31]])] as [InProcessClient.Body] {
                let answer = client.send(method, target, fields, body)
                #expect(answer.status == 403, "\(fields)")
                #expect(answer.text.hasPrefix("pages of other sites may not write here"), "\(fields)")
                #expect(answer["WWW-Authenticate"] == nil)
                #expect(answer["Vary"] == "Accept")
            }
        }
        #expect(client.acquisitions == 0)
    }

    // Those that remove many keys wait, and are tested on the wire.
    @Test(arguments: writes.filter { $0.method != "DELETE" || $0.target == "/keys/a" })
    func `a page from here, and whoever is no page, may do what he may`(method: String, target: String) {
        for fields in Self.own {
            let (client, free) = (InProcessClient(), InProcessClient())
            #expect(
                client.send(method, target, fields, .whole([])).status
                    == free.send(method, target, [:], .whole([])).status)
        }
    }

    @Test(arguments: reads)
    func `what changes nothing is answered to any page`(method: String, target: String) {
        let client = InProcessClient()
        client.put("a", "v")
        for fields in Self.crossSite + Self.own {
            let answer = client.send(method, target, fields)
            #expect(answer.status == (method == "OPTIONS" ? 204 : 200), "\(fields)")
            #expect(!answer.names.contains { $0.hasPrefix("Access-Control") })
        }
    }

    @Test func `the refusal says what the browser has said, and what may be done`() {
        let client = InProcessClient()
        #expect(
            client.put("a", "v", ["Host": "kv.test", "Origin": "http://evil.test"]).text
                == "pages of other sites may not write here, and the browser says that this is one: its origin is 'http://evil.test'; see --cors-origin\n"
        )
        let answer = client.put("a", "v", ["Sec-Fetch-Site": "same-site", "Accept": "application/json"])
        #expect(answer["Content-Type"] == "application/problem+json")
        #expect(answer.text.contains(#""title":"Forbidden","status":403"#))
        #expect(answer.text.contains("its origin is 'not told'"))
    }

    @Test func `pages of an origin that is named may write, and no others`() throws {
        let trusted = try #require(WebOrigin("https://app.test"))
        let client = InProcessClient(trustedOrigins: .listed([trusted]))
        for (index, site) in ["cross-site", "same-site", nil].enumerated() {
            var fields: InProcessClient.Fields = ["Host": "kv.test", "Origin": "https://app.test"]
            if let site { fields = fields.adding("Sec-Fetch-Site", site) }
            #expect(client.put("a\(index)", "v", fields).status == 201)
        }
        for fields in Self.crossSite { #expect(client.put("b", "v", fields).status == 403) }
        for fields in Self.own { #expect(client.put("a0", "v", fields).status == 204) }
        #expect(client.keyCount == 3)
    }

    @Test func `where all origins are trusted, also pages without one may write`() {
        let client = InProcessClient(trustedOrigins: .all)
        for fields in Self.crossSite + Self.own { #expect(client.put("a", "v", fields).status < 300, "\(fields)") }
    }

    private static let preflight: InProcessClient.Fields = [
        "Host": "kv.test", "Origin": "https://app.test", "Access-Control-Request-Method": "PUT",
        "Sec-Fetch-Site": "cross-site",
    ]

    @Test(arguments: ["/keys/a", "/keys", "/batch"])
    func `a preflight needs no token, and what comes after it does`(target: String) throws {
        let access = AccessControl(writers: try TokenList(Array("writer-0123456789".utf8)), readers: nil)
        let origin = try #require(WebOrigin("https://app.test"))
        let client = InProcessClient(access: access, trustedOrigins: .listed([origin]))
        #expect(client.send("OPTIONS", target, Self.preflight).status == 204)
        #expect(client.send("OPTIONS", target, ["Origin": "https://app.test"]).status == 401)
        let actual: InProcessClient.Fields = ["Origin": "https://app.test", "Sec-Fetch-Site": "cross-site"]
        #expect(client.send("DELETE", target, actual).status == 401)
        #expect(InProcessClient(access: access).send("OPTIONS", target, Self.preflight).status == 401)
    }

    @Test func `a page without a token is told that it is of another site first`() throws {
        let access = AccessControl(writers: try TokenList(Array("writer-0123456789".utf8)), readers: nil)
        let client = InProcessClient(access: access)
        for fields in Self.crossSite {
            #expect(client.put("a", "v", fields).status == 403)
            #expect(client.put("a", "v", fields.adding("Authorization", "Bearer writer-0123456789")).status == 403)
        }
        #expect(client.acquisitions == 0)
    }
}

/// `--allowed-hosts`.
@Suite struct AllowedHostTests {
    private static func client(_ hosts: String...) throws -> InProcessClient {
        InProcessClient(allowedHosts: try hosts.map { try #require(AllowedHost($0)) })
    }

    @Test(
        arguments: ["GET", "HEAD", "PUT", "DELETE", "POST", "OPTIONS", "PATCH"],
        [
            "/keys/a", "/keys", "/batch", "/", "/metrics", "/openapi.yaml", "/nothing", "/keys/%zz",
        ])
    func `a host that is not named is not answered to`(method: String, target: String) throws {
        let client = try Self.client("kv.test", "[::1]:8080")
        for host in ["evil.test", "kv.test.evil.test", "127.0.0.1", "[::1]", "[::1]:80", ""] {
            let answer = client.send(method, target, ["Host": host], .whole([0x31]))
            #expect(answer.status == 421)
            #expect(answer.text == "the host '\(host)' is none that is answered to; see --allowed-hosts\n")
        }
        #expect(client.send(method, target).status == 421)
        #expect(client.acquisitions == 0)
    }

    @Test func `a host that is named is, with any port or its own`() throws {
        let client = try Self.client("kv.test", "[::1]:8080")
        for host in ["kv.test", "KV.test:1", "[::1]:8080"] {
            #expect(client.send("GET", "/", ["Host": host]).status == 200)
            #expect(client.put("a", "v", ["Host": host]).status < 300)
        }
    }

    @Test(arguments: ["/livez", "/healthz", "/readyz"])
    func `probes come by address, and are answered`(path: String) throws {
        let client = try Self.client("kv.test")
        #expect(client.send("GET", path, ["Host": "10.0.0.1:8080"]).status == 200)
        #expect(client.send("GET", path).status == 200)
    }

    @Test func `any host is answered to where none is named`() {
        #expect(InProcessClient().send("GET", "/", ["Host": "any.test"]).status == 200)
    }

    @Test func `the host comes before the page and the token`() throws {
        let access = AccessControl(writers: try TokenList(Array("writer-0123456789".utf8)), readers: nil)
        let client = InProcessClient(access: access, allowedHosts: [try #require(AllowedHost("kv.test"))])
        #expect(client.put("a", "v", ["Host": "a", "Origin": "http://b"]).status == 421)
        #expect(client.put("a", "v", ["Host": "kv.test", "Origin": "http://b"]).status == 403)
        #expect(client.put("a", "v", ["Host": "kv.test"]).status == 401)
    }
}

/// Pages that are stored, as they are sent.
@Suite struct StoredPageTests {
    private static let policy = "sandbox allow-scripts allow-forms allow-popups"
    private static let html: InProcessClient.Fields = ["Content-Type": "text/html"]

    private func policy(_ answer: Answer) -> [String] {
        answer.fields.filter { $0.name == "Content-Security-Policy" }.map(\.value)
    }

    @Test func `every answer with a page has its policy, once`() {
        let client = InProcessClient()
        client.put("a", "<p>", Self.html)
        for answer in [
            client.get("a"), client.send("HEAD", "/keys/a"), client.get("a", ["Range": "bytes=0-1"]),
            client.get("a", ["If-None-Match": "*"]), client.get("a", ["Range": "bytes=0-", "If-Match": "*"]),
            client.post("a", "getset", "<p>", Self.html), client.post("a", "getdel"),
        ] { #expect(policy(answer) == [Self.policy], "\(answer.status)") }
    }

    @Test func `an answer that is not the page has none`() {
        let client = InProcessClient()
        for answer in [
            client.put("a", "<p>", Self.html), client.put("a", "<p>", Self.html),
            client.get("a", ["Range": "bytes=9-"]),
            client.get("a", ["If-Match": "\"x\""]), client.post("a", "append", "x", Self.html), client.delete("a"),
            client.get("a"),
        ] { #expect(policy(answer).isEmpty, "\(answer.status)") }
    }

    @Test func `the policy goes with the type, whatever writes the value`() {
        let client = InProcessClient()
        client.put("page", "1", Self.html)
        client.post("page", "incr")
        #expect(policy(client.get("page")) == [Self.policy])
        client.post("page", "append", "<p>", ["Content-Type": "text/plain"])
        #expect(policy(client.get("page")) == [Self.policy])
        client.post("page", "touch&ttl=60")
        #expect(policy(client.get("page")) == [Self.policy])
        client.post("new", "append", "<p>", Self.html)
        #expect(policy(client.get("new")) == [Self.policy])
        client.post("new", "getset", "<p>", ["Content-Type": "text/plain"])
        #expect(policy(client.get("new")).isEmpty)
        client.put("page", "<p>", ["Content-Type": "text/plain", "Content-Security-Policy": "sandbox"])
        #expect(policy(client.get("page")).isEmpty)
        _ = client.send("POST", "/batch", [:], .whole(Array("PUT page 3\n<p>\n".utf8)))
        #expect(policy(client.get("page")).isEmpty)
        #expect(client.get("page")["Content-Type"] == "application/octet-stream")
    }

    @Test func `other fields that are kept with a page stay`() {
        let client = InProcessClient()
        client.put("a", "<p>", ["Content-Type": "image/svg+xml", "Content-Encoding": "gzip", "Latchkey-Meta-A": "b"])
        let answer = client.get("a")
        #expect(answer["Content-Type"] == "image/svg+xml")
        #expect(answer["Content-Encoding"] == "gzip")
        #expect(answer["Latchkey-Meta-A"] == "b")
        #expect(
            client.get("a", ["If-None-Match": "*"]).names == [
                "Cache-Control", "Content-Security-Policy", "Date", "ETag", "X-Content-Type-Options",
            ])
    }
}
