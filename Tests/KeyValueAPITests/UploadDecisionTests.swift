import Testing

/// What is decided on a PUT before its content has come, and what an upload that fails leaves behind: nothing.
@Suite struct UploadDecisionTests {
    private static func body(_ count: Int) -> [UInt8] { [UInt8](repeating: 7, count: count) }

    @Test(arguments: [0, 1, 99, 100])
    func `an announced length within the limit is taken`(count: Int) {
        let client = InProcessClient(valueBytes: 100)
        let answer = client.send("PUT", "/keys/a", [:], .whole(Self.body(count)))
        #expect(answer.reception == .take)
        #expect(answer.status == 201)
        #expect(client.stored([0x61])?.count == count)
    }

    @Test(
        arguments: [
            "101", "102", "4000000", "999999999999999999", "1000000000000000000", "18446744073709551615",
            "0000000000000000000101",
        ],
        [[:], ["Expect": "100-continue"]] as [InProcessClient.Fields])
    func `an announced length over the limit is refused before the content`(
        length: String, more: InProcessClient.Fields
    ) {
        let client = InProcessClient(valueBytes: 100)
        let answer = client.send("PUT", "/keys/a", more.adding("Content-Length", length))
        #expect(answer.reception == .refuse)
        #expect(answer.status == 413)
        #expect(answer.text == "the value of \(length) bytes is larger than the limit of 100 bytes\n")
        #expect(client.acquisitions == 0)
    }

    @Test func `leading zeros make no length too long`() {
        let client = InProcessClient(valueBytes: 100)
        let answer = client.send("PUT", "/keys/a", ["Content-Length": "000000000000000100"], .chunked([Self.body(100)]))
        #expect(answer.status == 201)
    }

    @Test(arguments: [[100], [1, 99], [99, 1], [50, 0, 50], [Int](repeating: 1, count: 100)])
    func `a value of unknown length may be as long as the limit`(pieces: [Int]) {
        let client = InProcessClient(valueBytes: 100)
        let answer = client.send(
            "PUT", "/keys/longer-than-the-limit-on-values-is-no-matter", ["Content-Type": "text/plain"],
            .chunked(pieces.map { Self.body($0) }))
        #expect(answer.status == 201)
        #expect(client.get("longer-than-the-limit-on-values-is-no-matter").content == Self.body(100))
    }

    @Test(arguments: [[101], [1, 100], [100, 1], [5_000], [Int](repeating: 1, count: 101), [101, 1]])
    func `a value of unknown length that turns out too long is refused`(pieces: [Int]) {
        let client = InProcessClient(valueBytes: 100)
        client.put("a", "old")
        for key in ["a", "new"] {
            let answer = client.send(
                "PUT", "/keys/\(key)", ["Content-Type": "text/plain"], .chunked(pieces.map { Self.body($0) }))
            #expect(answer.reception == .take)
            #expect(answer.status == 413)
            #expect(answer.text == "the value is larger than the limit of 100 bytes\n")
        }
        #expect(client.get("a").text == "old")
        #expect(client.get("a")["ETag"] == #""abc-1""#)
        #expect(client.keyCount == 1)
    }

    @Test func `a limit of nothing leaves room for the empty value`() {
        let client = InProcessClient(valueBytes: 0)
        #expect(client.put("a", "").status == 201)
        #expect(client.put("a", "x").status == 413)
        #expect(client.send("PUT", "/keys/a", [:], .chunked([[1]])).status == 413)
    }

    /// PUTs that can be seen to fail from their heads.
    private static let hopeless: [(target: String, fields: InProcessClient.Fields, status: Int)] = [
        ("/keys/%zz", [:], 400), ("/keys/a?x=1", [:], 400), ("/keys/a?ttl=0", [:], 400),
        ("/keys/a?ttl=1&keepttl", [:], 400),
        ("/keys/\(String(repeating: "a", count: 1025))", [:], 414),
        ("/keys/a", ["Content-Range": "bytes 0-1/2"], 400), ("/keys/a", ["Content-Range": ""], 400),
        ("/keys/a", ["If-Match": "nonsense"], 400), ("/keys/a", ["If-None-Match": "\"x"], 400),
        ("/keys/a", ["Content-Type": "text/\u{1}"], 400),
        ("/keys/a", ["Content-Type": String(repeating: "x", count: 256)], 400),
    ]

    @Test(arguments: hopeless)
    func `the content of a hopeless PUT is skipped, so that its connection lives`(
        target: String, fields: InProcessClient.Fields, status: Int
    ) {
        let client = InProcessClient()
        for body in [.none, .whole([1, 2]), .chunked([[1], [2]])] as [InProcessClient.Body] {
            let answer = client.send("PUT", target, fields, body)
            #expect(answer.reception == .skip)
            #expect(answer.status == status)
        }
        #expect(client.acquisitions == 0)
    }

    @Test(arguments: hopeless, ["100-continue", "100-Continue"])
    func `who asks before sending a hopeless PUT is refused at once`(
        _ request: (target: String, fields: InProcessClient.Fields, status: Int), expectation: String
    ) {
        let client = InProcessClient()
        let answer = client.send(
            "PUT", request.target, request.fields.adding("Expect", expectation), .whole([1, 2]))
        #expect(answer.reception == .refuse)
        #expect(answer.status == request.status)
        #expect(client.acquisitions == 0)
    }

    @Test func `who asks before sending what can be stored is told to go on`() {
        let client = InProcessClient()
        #expect(client.put("a", "v", ["Expect": "100-continue"]).reception == .take)
        #expect(client.stored("a") == "v")
    }

    @Test(arguments: [#""x""#, #""abc-1""#, #"W/"abc-2""#, ""])
    func `a PUT that insists on a version which is gone is refused before its content`(list: String) {
        let client = InProcessClient()
        client.put("a", "one")
        client.put("a", "two")
        let body = InProcessClient.Body.whole(Array("new".utf8))
        let answer = client.send("PUT", "/keys/a", ["If-Match": list], body)
        #expect(answer.reception == .skip)
        #expect(answer.status == 412)
        #expect(answer["ETag"] == #""abc-2""#)
        #expect(client.send("PUT", "/keys/a", ["If-Match": list, "Expect": "100-continue"], body).reception == .refuse)
        #expect(client.stored("a") == "two")
    }

    @Test(
        arguments: [["If-Match": "*"], ["If-Match": #""abc-9""#], ["If-None-Match": #""abc-1""#]]
            as [InProcessClient.Fields])
    func `a PUT whose condition may come to hold is decided at its end`(fields: InProcessClient.Fields) {
        let client = InProcessClient()
        if fields.description.hasPrefix("If-None-Match") { client.put("a", "old") }
        let answer = client.put("a", "new", fields)
        #expect(answer.reception == .take)
        #expect(answer.status == 412)
    }

    @Test func `a PUT of a part of a value says why it is refused`() {
        let answer = InProcessClient().put("a", "v", ["Content-Range": "bytes 0-0/2"])
        #expect(answer.status == 400)
        #expect(answer.text == "Content-Range has no meaning in a PUT: values are stored whole\n")
    }

    @Test(arguments: hopeless + [("/keys/a", ["If-Match": #""x""#], 412), ("/keys/a", ["If-None-Match": "*"], 412)])
    func `a failed PUT changes nothing`(target: String, fields: InProcessClient.Fields, status: Int) {
        let client = InProcessClient()
        client.put("a", "old", ["Content-Type": "text/old"])
        #expect(client.send("PUT", target, fields, .whole(Array("new".utf8))).status == status)
        let answer = client.get("a")
        #expect(answer.text == "old")
        #expect(answer["Content-Type"] == "text/old")
        #expect(answer["ETag"] == #""abc-1""#)
        #expect(client.keyCount == 1)
        // Nor does it use a version up.
        #expect(client.put("a", "next")["ETag"] == #""abc-2""#)
    }

    @Test(arguments: [.whole(Array("new".utf8)), .chunked([Array("ne".utf8)])] as [InProcessClient.Body])
    func `nothing is stored before the end`(body: InProcessClient.Body) {
        let client = InProcessClient()
        client.put("a", "old")
        let acquisitions = client.acquisitions
        for key in ["a", "new"] { client.abandon("PUT", "/keys/\(key)", [:], body) }
        #expect(client.acquisitions == acquisitions)
        #expect(client.stored("a") == "old")
        #expect(client.keyCount == 1)
    }

    @Test(arguments: [
        ("GET", "/keys/a"), ("HEAD", "/keys/a"), ("DELETE", "/keys/a"), ("OPTIONS", "/keys/a"), ("OPTIONS", "*"),
        ("POST", "/keys/a?op=getdel"), ("POST", "/keys/a?op=touch&ttl=none"), ("GET", "/livez"), ("GET", "/keys"),
    ])
    func `content where none is wanted is skipped, up to the limit of a value`(method: String, target: String) {
        let client = InProcessClient(valueBytes: 1_000)
        let with = client.send(method, target, ["Expect": "100-continue"], .whole(Self.body(1_000)))
        let without = client.send(method, target)
        #expect(with.reception == .respondAtEnd)
        #expect(with.status == without.status)
        #expect(with.content == without.content)
        let longer = client.send(method, target, [:], .whole(Self.body(1_001)))
        #expect(longer.reception == .refuse)
        #expect(longer.status == 413)
    }

    @Test(arguments: [
        ("BREW", "/keys/a", 501), ("BREW", "/nothing", 501), ("PATCH", "/keys/a", 405), ("POST", "/keys/", 405),
        ("PUT", "/keys/", 405), ("PUT", "/keys", 405), ("PUT", "/batch", 405), ("GET", "/batch", 405),
        ("PUT", "/livez", 405), ("POST", "/metrics", 405), ("PUT", "/nothing", 404), ("OPTIONS", "/nothing", 404),
        ("PUT", "*", 404),
    ])
    func `who asks before sending where nothing can be sent is refused at once, others at the end of their content`(
        method: String, target: String, status: Int
    ) {
        let client = InProcessClient(valueBytes: 1_000)
        let plain = client.send(method, target)
        #expect(plain.status == status)
        for body in [.whole(Self.body(1_000)), .chunked([[1]])] as [InProcessClient.Body] {
            let asking = client.send(method, target, ["Expect": "100-continue"], body)
            #expect(asking.reception == .refuse)
            #expect(asking.status == status)
            #expect(asking.content == plain.content)
            #expect(asking["Allow"] == plain["Allow"])
            let answer = client.send(method, target, [:], body)
            #expect(answer.reception != .refuse)
            #expect(answer.status == status)
            #expect(answer.content == plain.content)
            #expect(answer["Allow"] == plain["Allow"])
        }
        let longer = client.send(method, target, [:], .whole(Self.body(1_001)))
        #expect(longer.reception == .refuse)
        #expect(longer.status == 413)
    }
}
