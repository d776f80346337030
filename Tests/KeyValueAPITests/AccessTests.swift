import ByteBuffers
import HTTPMessages
import TestSupport
import Testing

@testable import KeyValueAPI

/// Who is let in with which token.
@Suite struct AccessTests {
    private static let writer = "writer-0123456789"
    private static let reader = "reader-0123456789"

    private static func list(_ tokens: String...) throws -> TokenList {
        try TokenList(Array(tokens.joined(separator: "\n").utf8))
    }

    private static func client(hasReaders: Bool = true, surface: Surface = .everything) throws -> InProcessClient {
        let access = AccessControl(
            writers: try list("first-0123456789", writer), readers: hasReaders ? try list(reader) : nil)
        return InProcessClient(surface: surface, access: access)
    }

    private static func showing(_ token: String?) -> InProcessClient.Fields {
        token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
    }

    private static let reads: [(method: String, target: String)] = [
        ("GET", "/keys/a"), ("HEAD", "/keys/a"), ("OPTIONS", "/keys/a"), ("GET", "/keys"), ("GET", "/keys/?prefix=a"),
        ("HEAD", "/keys"), ("GET", "http://x/keys/a"), ("GET", "/metrics"), ("HEAD", "/metrics"), ("POST", "/batch"),
        ("GET", "/batch"),
    ]
    private static let writes: [(method: String, target: String)] = [
        ("PUT", "/keys/a"), ("DELETE", "/keys/a"), ("DELETE", "/keys"), ("POST", "/keys/a?op=incr"),
        ("POST", "/keys/a?op=getdel"), ("POST", "/keys/a?op=touch&ttl=1"), ("PATCH", "/keys/a"), ("BREW", "/keys/a"),
        ("PUT", "/keys"), ("get", "/keys/a"),
    ]
    private static let open: [(method: String, target: String)] = [
        ("GET", "/livez"), ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/openapi.yaml"), ("GET", "/"),
        ("OPTIONS", "*"), ("GET", "/nothing"), ("PUT", "/nothing"),
    ]

    @Test(arguments: reads + writes)
    func `without a token nothing is told and nothing is touched`(method: String, target: String) throws {
        let client = try Self.client()
        for fields in [[:], ["Authorization": "Basic YTpi"], ["Cookie": Self.writer]] as [InProcessClient.Fields] {
            for body in [.none, .whole([0x31]), .chunked([[0x31]])] as [InProcessClient.Body] {
                let answer = client.send(method, target, fields, body)
                #expect(answer.status == 401)
                #expect(answer["WWW-Authenticate"] == #"Bearer realm="latchkey""#)
                #expect(answer.text == "a token is needed here, in a field 'Authorization: Bearer TOKEN'\n")
            }
        }
        #expect(client.acquisitions == 0)
    }

    @Test(arguments: reads + writes)
    func `a token that is not known is told to be wrong, and not what would be right`(
        method: String, target: String
    ) throws {
        let client = try Self.client()
        for token in [
            "wrong-0123456789", String(Self.writer.dropLast()), Self.writer + "0", Self.writer.uppercased(), "x", "",
            Self.writer + "=", String(repeating: "w", count: 512), String(repeating: "w", count: 600),
            "\(Self.writer),\(Self.writer)", "0" + Self.writer.dropFirst(),
        ] {
            let answer = client.send(method, target, Self.showing(token))
            #expect(answer.status == 401, "\(token)")
            #expect(answer["WWW-Authenticate"] == #"Bearer realm="latchkey", error="invalid_token""#)
            #expect(answer.text == "the token in Authorization is none that this service knows\n")
        }
        let twice = Self.showing(Self.writer).adding("Authorization", "Bearer \(Self.writer)")
        #expect(client.send(method, target, twice).status == 401)
        #expect(client.acquisitions == 0)
    }

    @Test(arguments: reads + writes)
    func `whoever may write may do all`(method: String, target: String) throws {
        for hasReaders in [true, false] {
            for token in [Self.writer, "first-0123456789"] {
                let client = try Self.client(hasReaders: hasReaders)
                let free = InProcessClient()
                let answer = client.send(method, target, Self.showing(token), .whole([]))
                #expect(answer.status == free.send(method, target, [:], .whole([])).status)
                #expect(answer["WWW-Authenticate"] == nil)
            }
        }
    }

    @Test(arguments: reads)
    func `whoever may read may do what changes nothing`(method: String, target: String) throws {
        let answer = try Self.client().send(method, target, Self.showing(Self.reader), .whole([]))
        #expect(answer.status == InProcessClient().send(method, target, [:], .whole([])).status)
    }

    @Test(arguments: writes)
    func `whoever may read is forbidden the rest`(method: String, target: String) throws {
        let client = try Self.client()
        let answer = client.send(method, target, Self.showing(Self.reader), .whole([0x31]))
        #expect(answer.status == 403)
        #expect(answer.reception == .refuse)
        #expect(answer["WWW-Authenticate"] == #"Bearer realm="latchkey", error="insufficient_scope""#)
        #expect(answer.text == "the token in Authorization is for reading only\n")
        #expect(client.acquisitions == 0)
    }

    @Test func `without tokens for reading, a reader is nobody`() throws {
        let answer = try Self.client(hasReaders: false).send("GET", "/keys/a", Self.showing(Self.reader))
        #expect(answer.status == 401)
    }

    @Test(arguments: open)
    func `health and help are for everybody`(method: String, target: String) throws {
        let (client, free) = (try Self.client(), InProcessClient())
        for token in [nil, "wrong-0123456789", Self.reader] {
            #expect(client.send(method, target, Self.showing(token)).status == free.send(method, target).status)
        }
    }

    @Test func `a batch that reads is a reader's, and one that writes is forbidden as a whole`() throws {
        let client = try Self.client()
        _ = client.send("PUT", "/keys/a", Self.showing(Self.writer), .whole(Array("v".utf8)))
        func send(_ token: String, _ batch: String) -> Answer {
            client.send("POST", "/batch", Self.showing(token), .whole(Array(batch.utf8)))
        }
        #expect(send(Self.reader, "GET a\nGET b\n").text.hasPrefix("200 1 "))
        for batch in ["GET a\nDELETE a\n", "PUT a 1\nx\n", "PUT b 1\nx\nGET a\n"] {
            let answer = send(Self.reader, batch)
            #expect(answer.status == 403)
            #expect(answer["WWW-Authenticate"] == #"Bearer realm="latchkey", error="insufficient_scope""#)
            #expect(client.stored("a") == "v")
            #expect(client.keyCount == 1)
        }
        #expect(send(Self.writer, "DELETE a\n").status == 200)
        #expect(client.keyCount == 0)
    }

    @Test func `a refusal comes as JSON to who prefers that`() throws {
        let answer = try Self.client().send("GET", "/keys/a", ["Accept": "application/json"])
        #expect(answer["Content-Type"] == "application/problem+json")
        #expect(answer.text.contains(#""title":"Unauthorized","status":401"#))
    }

    @Test func `tokens that are exchanged count from the next request on`() throws {
        let access = AccessControl(writers: try Self.list(Self.writer), readers: nil)
        let client = InProcessClient(access: access)
        func status(_ token: String, _ method: String = "GET") -> Int {
            client.send(method, "/keys/a", Self.showing(token)).status
        }
        #expect(status(Self.writer) == 404)
        for _ in 0..<3 {
            access.replace(writers: try Self.list("second-0123456789"), readers: try Self.list(Self.reader))
        }
        #expect(status(Self.writer) == 401)
        #expect(status("second-0123456789") == 404)
        #expect(status(Self.reader) == 404)
        #expect(status(Self.reader, "DELETE") == 403)
        access.replace(writers: try Self.list(Self.reader), readers: nil)
        #expect(status("second-0123456789") == 401)
        #expect(status(Self.reader, "DELETE") == 404)
    }

    @Test func `tokens are exchanged while others are compared`() async throws {
        let access = AccessControl(writers: try Self.list(Self.writer), readers: nil)
        let client = InProcessClient(access: access)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<4 {
                tasks.addTask {
                    for _ in 0..<200 {
                        #expect(client.send("GET", "/keys/a", Self.showing(Self.writer)).status == 404)
                        #expect(client.send("GET", "/keys/a", Self.showing("wrong-0123456789")).status == 401)
                    }
                }
            }
            for round in 0..<200 {
                access.replace(writers: try Self.list("other-0123456789\(round)", Self.writer), readers: nil)
            }
            try await tasks.waitForAll()
        }
    }

    @Test func `of the admin's part everybody has all, and nobody the keys`() throws {
        let client = InProcessClient(surface: .administration)
        #expect(!client.api.isGuarded)
        for (method, target) in Self.open where target != "*" {
            #expect(client.send(method, target).status == InProcessClient().send(method, target).status)
        }
        #expect(client.send("GET", "/metrics").status == 200)
        for (method, target) in Self.reads + Self.writes where !target.contains("metrics") {
            let answer = client.send(method, target, [:], .whole([0x31]))
            #expect(answer.status == (method == "BREW" || method == "get" ? 501 : 404))
            #expect(answer.route == .other)
        }
        #expect(client.acquisitions == 0)
        #expect(client.send("GET", "/keys/a").text == "no such path as '/keys/a'; help is at /\n")
    }

    @Test func `the part with the keys has nothing else`() throws {
        let client = InProcessClient(surface: .data)
        for path in ["/metrics", "/livez", "/healthz", "/readyz", "/openapi.yaml", "/"] {
            let answer = client.send("GET", path)
            #expect(answer.status == 404)
            #expect(answer.text == "no such path as '\(path)'; keys are at /keys/<key>\n")
        }
        #expect(client.put("a", "v").status == 201)
        #expect(client.send("GET", "/keys").text == "a\n")
        #expect(client.send("POST", "/batch", [:], .whole(Array("GET a".utf8))).status == 200)
    }

    @Test(arguments: seeds)
    func `a token is found among many, and no other is`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let tokens = (0..<40).map { _ in
            random.bytes(Int.random(in: 16...512, using: &random), of: Array("ab=".utf8.prefix(2)))
        }
        let table = TokenTable(try TokenList(Array(tokens.joined(separator: Array("\n".utf8)))))
        func contains(_ bytes: [UInt8]) -> Bool {
            SharedBytes(copying: bytes).withBorrowedBytes { PaddedToken($0) }.map { table.contains($0) } ?? false
        }
        for token in tokens {
            #expect(contains(token))
            var other = token
            other[Int.random(in: other.indices, using: &random)] ^= 0x80
            #expect(!contains(other))
            #expect(!contains(token + [0x63]))
            #expect(contains(Array(token.dropLast())) == tokens.contains(Array(token.dropLast())))
        }
        #expect(!contains([]))
    }
}
