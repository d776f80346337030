import ByteBuffers
import HTTPMessages
import LatchkeyClient
import TestSupport
import Testing

@Suite struct ServiceURLTests {
    @Test(arguments: [
        ("http://localhost:8080", "localhost", 8080, "", "localhost:8080"),
        ("http://localhost", "localhost", 80, "", "localhost"),
        ("http://a_b.example:/", "a_b.example", 80, "", "a_b.example"),
        ("HTTP://10.0.0.1:1/kv//", "10.0.0.1", 1, "/kv", "10.0.0.1:1"),
        ("http://[::1]:65535/a/b", "::1", 65535, "/a/b", "[::1]:65535"),
        ("http://[::ffff:127.0.0.1]", "::ffff:127.0.0.1", 80, "", "[::ffff:127.0.0.1]"),
        ("https://h", "h", 443, "", "h"), ("HTTPS://h:80/", "h", 80, "", "h:80"),
        ("http://h:443", "h", 443, "", "h:443"),
    ])
    func `a URL is taken apart`(text: String, host: String, port: UInt16, prefix: String, authority: String) throws {
        let url = try ServiceURL(text)
        #expect(url.host == host)
        #expect(url.isSecure == text.lowercased().hasPrefix("https"))
        #expect(url.port == port)
        #expect(url.prefix == prefix)
        #expect(url.authority == authority)
    }

    @Test(arguments: [
        ("ftps://localhost", "https://"), ("localhost:8080", "http://"), ("", "http://"),
        ("http://", "host"), ("http://:80", "host"), ("http:///keys", "host"), ("http://a%20b", "host"),
        ("http://a b", "percent-encoded"), ("http://h\r\nX: y", "percent-encoded"), ("http://ä", "percent-encoded"),
        ("http://h:0", "port"), ("http://h:65536", "port"), ("http://h:+1", "port"), ("http://h:8080x", "port"),
        ("http://u:p@h", "password"), ("http://h/?q", "query"), ("http://h#f", "fragment"),
        ("http://[::1", "IPv6"), ("http://[]", "IPv6"), ("http://[h]", "IPv6"), ("http://[::1]x", "port"),
    ])
    func `a URL that cannot be used is refused with the reason`(text: String, reason: String) {
        let failure = #expect(throws: ClientFailure.self) { try ServiceURL(text) }
        #expect(failure?.description.contains(reason) == true)
        #expect(failure?.description.contains(where: \.isNewline) == false)
    }

    @Test(arguments: seeds)
    func `a URL of any characters is taken apart or refused`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let parts = ["http://", "[", "]", ":", "/", "@", "a", "::1", "80", "%", "?", "é", "\r\n", "."]
        for _ in 0..<5000 {
            let text = (0..<6).map { _ in parts.randomElement(using: &random)! }.joined()
            guard let url = try? ServiceURL("http://" + text) else { continue }
            #expect(!url.host.isEmpty)
            #expect(url.port > 0)
            #expect(url.prefix.isEmpty || url.prefix.first == "/" && url.prefix.last != "/")
        }
    }

    @Test(arguments: [
        ("a", "/kv/keys/a"), ("a/b", "/kv/keys/a/b"), ("a b?#%+", "/kv/keys/a%20b%3F%23%25%2B"),
        ("é", "/kv/keys/%C3%A9"), ("a//b", "/kv/keys/a%2F%2Fb"), ("/a", "/kv/keys/%2Fa"), ("a/", "/kv/keys/a%2F"),
        ("a/../b", "/kv/keys/a%2F..%2Fb"), ("./a", "/kv/keys/.%2Fa"), ("/", "/kv/keys/%2F"),
        ("..a/.b", "/kv/keys/..a/.b"),
    ])
    func `a key is encoded so that nobody on the way changes it`(key: String, target: String) throws {
        #expect(try ServiceURL("http://h/kv/").target(key: Array(key.utf8)) == target)
    }

    @Test(arguments: seeds)
    func `every key comes out again as the server decodes it`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let url = try ServiceURL("http://h")
        for round in 0..<1000 {
            let key =
                round % 2 == 0
                ? random.bytes(Int.random(in: 1...20, using: &random))
                : (0..<8).map { _ in Array("/.a%".utf8).randomElement(using: &random)! }
            let target = Array(url.target(key: key).utf8.dropFirst("/keys/".utf8.count))
            let decoded = target.withUnsafeBytes { bytes in
                BorrowedBytes(bytes).withPercentDecoded(limit: 1024) { (try? $0.get()).map(Array.init) }
            }
            #expect(decoded == key)
        }
    }

    @Test func `a time to live is a parameter that cannot become another one`() throws {
        let url = try ServiceURL("http://h")
        #expect(url.target(key: [0x61], timeToLive: Array("0.5".utf8)) == "/keys/a?ttl=0.5")
        #expect(url.target(key: [0x61], timeToLive: Array("1&x=/\r\n".utf8)) == "/keys/a?ttl=1%26x%3D/%0D%0A")
    }
}
