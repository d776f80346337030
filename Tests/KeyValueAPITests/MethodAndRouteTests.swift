import HTTPMessages
import KeyValueAPI
import Synchronization
import Testing

/// Where requests go, and which methods may go there.
@Suite struct MethodAndRouteTests {
    private static let keyMethods = "GET, HEAD, PUT, DELETE, OPTIONS, POST"
    private static let collectionMethods = "GET, HEAD, DELETE, OPTIONS"
    private static let batchMethods = "OPTIONS, POST"
    private static let pageMethods = "GET, HEAD, OPTIONS"

    /// Every page of the service that has one form, with its type and text in these tests. See `ServicePageTests`.
    private static let pages: [(path: String, type: String, text: String, route: Route)] = [
        ("/livez", "text/plain; charset=utf-8", "ok\n", .livez),
        ("/healthz", "text/plain; charset=utf-8", "ok\n", .healthz),
        ("/readyz", "text/plain; charset=utf-8", "ok\n", .readyz),
        ("/openapi.yaml", "application/yaml", "openapi: 3.1.0\n", .openapi),
    ]

    @Test(arguments: pages, ["GET", "HEAD"])
    func `a page comes with its type and nothing of a stored value's`(
        _ page: (path: String, type: String, text: String, route: Route), method: String
    ) {
        let client = InProcessClient()
        for target in [page.path, "\(page.path)?x=1", "http://any.host:80\(page.path)"] {
            let answer = client.send(method, target)
            #expect(answer.status == 200, "\(target)")
            #expect(answer.names == ["Cache-Control", "Content-Type", "Date"], "\(target)")
            #expect(answer["Content-Type"] == page.type, "\(target)")
            #expect(answer.text == page.text, "\(target)")
            #expect(answer.route == page.route, "\(target)")
        }
        #expect(client.acquisitions == 0)
    }

    @Test func `pages are made anew for every request`() {
        let renderings = Renderings()
        let client = InProcessClient(metrics: { "\(renderings.next())\n" })
        #expect((1...3).map { _ in client.send("GET", "/metrics").text } == ["1\n", "2\n", "3\n"])
    }

    @Test(arguments: ["GET", "HEAD"])
    func `a service that drains is alive but not ready, and says when to come again`(method: String) {
        let client = InProcessClient(isReady: { false })
        let answer = client.send(method, "/readyz")
        #expect(answer.status == 503)
        #expect(answer["Retry-After"] == "1")
        #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
        #expect(answer.text == "draining\n")
        #expect(answer.route == .readyz)
        for path in ["/livez", "/healthz"] {
            #expect(client.send(method, path).status == 200)
            #expect(client.send(method, path)["Retry-After"] == nil)
        }
        // Requests that are under way are still served.
        #expect(client.put("a", "v").status == 201)
    }

    @Test func `methods on a key that are known but not allowed are told those that are`() {
        let client = InProcessClient()
        client.put("a", "v")
        for method in ["PATCH", "TRACE", "CONNECT"] {
            for key in ["a", "missing", "%zz", "a?x"] {
                let answer = client.send(method, "/keys/\(key)")
                #expect(answer.status == 405, "\(method) \(key)")
                #expect(answer["Allow"] == Self.keyMethods, "\(method) \(key)")
                #expect(answer.text == "\(method) is not allowed here, only \(Self.keyMethods)\n", "\(method) \(key)")
            }
        }
        #expect(client.stored("a") == "v")
    }

    @Test(arguments: ["/keys", "/keys/", "/keys/?prefix=a"], ["PUT", "POST", "PATCH", "TRACE", "CONNECT"])
    func `all keys together can be listed and removed`(target: String, method: String) {
        expectRefusal(InProcessClient().send(method, target, [:], .whole([1])), method, Self.collectionMethods)
    }

    @Test(arguments: ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT"])
    func `batches can only be posted`(method: String) {
        expectRefusal(InProcessClient().send(method, "/batch", [:], .whole([1])), method, Self.batchMethods)
    }

    @Test(arguments: pages.map(\.path), ["PUT", "DELETE", "POST", "PATCH", "TRACE", "CONNECT"])
    func `pages can only be read`(path: String, method: String) {
        let answer = InProcessClient().send(method, path, [:], method == "PUT" ? .whole([1]) : .none)
        expectRefusal(answer, method, Self.pageMethods)
    }

    private func expectRefusal(_ answer: Answer, _ method: String, _ allowed: String) {
        #expect(answer.status == 405)
        #expect(answer["Allow"] == allowed)
        #expect(answer.text == "\(method) is not allowed here, only \(allowed)\n")
    }

    @Test(
        arguments: ["BREW", "get", "Put", "GETS", "GE", "PROPFIND", "other", "unknown", ""],
        ["/keys/a", "/livez", "/", "/nothing", "*"])
    func `methods that nobody here has heard of are not implemented`(method: String, target: String) {
        let answer = InProcessClient().send(method, target)
        #expect(answer.status == 501)
        #expect(answer["Allow"] == nil)
        #expect(answer.text == "the method '\(method)' is not known here\n")
    }

    @Test func `OPTIONS tells what is allowed`() {
        let client = InProcessClient()
        for target in ["/keys/a", "/keys/a/b", "*", "http://any.host/keys/a"] {
            expectOptions(client.send("OPTIONS", target), Self.keyMethods)
        }
        for target in ["/keys", "/keys/"] { expectOptions(client.send("OPTIONS", target), Self.collectionMethods) }
        expectOptions(client.send("OPTIONS", "/batch"), Self.batchMethods)
        for page in Self.pages { expectOptions(client.send("OPTIONS", page.path), Self.pageMethods) }
        #expect(client.send("OPTIONS", "/keys/a").route == .keys)
        #expect(client.acquisitions == 0)
    }

    private func expectOptions(_ answer: Answer, _ methods: String) {
        #expect(answer.status == 204)
        #expect(answer["Allow"] == methods)
        #expect(answer.names == ["Allow", "Date"])
        #expect(answer.content.isEmpty)
    }

    @Test(
        arguments: [
            "/nothing", "/keysa", "/batch/", "/batch/a", "/Batch", "/Keys/a", "//keys/a", "/%6beys/a", "/livez/",
            "//livez",
            "/Livez",
            "/%6civez", "/./livez", "/openapi.yml", "//", "", "keys/a", "livez", "?", "any.host:80",
            "ftp://any.host/keys/a",
            "http:/keys/a", "/http://any.host/keys/a",
        ], ["GET", "HEAD", "PUT", "DELETE", "POST", "OPTIONS"])
    func `another path is not found, whatever the method`(target: String, method: String) {
        let client = InProcessClient()
        let answer = client.send(method, target, [:], method == "PUT" ? .whole([1]) : .none)
        #expect(answer.status == 404)
        #expect(answer["Allow"] == nil)
        #expect(answer.text.hasPrefix("no such path as '"))
        #expect(answer.text.hasSuffix("'; keys are at /keys/<key>, help is at /\n"))
        #expect(answer.route == .other)
        #expect(client.acquisitions == 0)
    }

    @Test func `the asterisk is a target of OPTIONS only`() {
        for method in ["GET", "HEAD", "PUT", "DELETE", "POST"] {
            #expect(InProcessClient().send(method, "*").status == 404)
        }
        #expect(InProcessClient().send("OPTIONS", "/*").status == 404)
    }

    @Test(arguments: ["http://any.host", "http://any.host:8080", "HTTPS://[::1]:1", "hTTp://user@any.host", "http://"])
    func `a target in absolute form names what its path names`(origin: String) {
        let client = InProcessClient()
        #expect(client.send("PUT", "\(origin)/keys/a%2Fb", [:], .whole([7])).status == 201)
        #expect(client.stored(Array("a/b".utf8)) == [7])
        #expect(client.get("a/b").content == [7])
        #expect(client.send("GET", "\(origin)/keys/a/b?x=1").text == "unknown query parameter 'x'\n")
        #expect(client.send("DELETE", "\(origin)/keys/a/b").status == 204)
        #expect(client.send("GET", "\(origin)/nothing").status == 404)
    }

    @Test(arguments: ["http://any.host", "http://any.host:80"])
    func `an origin alone names the help, and to OPTIONS the service`(origin: String) {
        let client = InProcessClient()
        #expect(client.send("GET", origin).text == "help\n")
        #expect(client.send("GET", "\(origin)?x=1").route == .help)
        expectOptions(client.send("OPTIONS", origin), Self.keyMethods)
        expectOptions(client.send("OPTIONS", "\(origin)/"), Self.pageMethods)
    }

    @Test func `each route has a number and a word of its own`() {
        #expect(Set(Route.allCases.map(\.id)).count == Route.allCases.count)
        #expect(Set(Route.allCases.map(\.label)).count == Route.allCases.count)
        #expect(Route.allCases.allSatisfy { $0.id.rawValue < RouteID.limit })
    }

    @Test func `every request on a key is counted as one, well or not`() {
        let client = InProcessClient(valueBytes: 10)
        let answers = [
            client.put("a", "v"), client.put("a", "w"), client.get("a"), client.get("none"), client.get("%zz"),
            client.get("a", ["If-None-Match": "*"]), client.put("a", "v", ["If-Match": "\"x\""]),
            client.put("a", "far too long"), client.put("%zz", "v"), client.send("POST", "/keys/a"),
            client.send("PATCH", "/keys/a"),
            client.send("BREW", "/keys/a"), client.send("OPTIONS", "/keys/a"), client.delete("a"), client.delete("a"),
        ]
        #expect(answers.map(\.status) == [201, 204, 200, 404, 400, 304, 412, 413, 400, 400, 405, 501, 204, 204, 404])
        #expect(answers.allSatisfy { $0.route == .keys })
    }
}

/// How often a page was made.
private final class Renderings: Sendable {
    private let count = Atomic(0)
    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
