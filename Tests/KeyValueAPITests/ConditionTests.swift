import Testing

/// `If-Match` and `If-None-Match`. The key of these tests has the tag `"abc-1"`, where it has any.
@Suite struct ConditionTests {
    private static let methods = ["GET", "HEAD", "PUT", "DELETE"]

    /// Lists that hold the current tag in its strong form.
    private static let matching = [
        #""abc-1""#, "*", #"  "abc-1"  "#, #""x", "abc-1""#, #""abc-1","x""#, #""abc-2" , "abc-1" ,"abc-3""#,
        #",, "abc-1" , "#, #"W/"x", "abc-1""#, #""", "abc-1""#, #"W/"abc-1", "abc-1""#, #""a,b", "abc-1""#,
        "\"x\"\t,\t\"abc-1\"",
    ]

    /// Lists that hold the current tag as a weak one.
    private static let weak = [#"W/"abc-1""#, #""x", W/"abc-1""#, #"W/"abc-1" , "x""#]

    /// Lists in which the current tag is not, though some come close.
    private static let others = [
        #""abc-2""#, #""abd-1""#, #""ABC-1""#, #""abc-01""#, #""0abc-1""#, #""abc-1 ""#, #"" abc-1""#, #""abc""#,
        #""abc-""#, #""-1""#, #""-""#, #""""#, #""1""#, #""abc-1-1""#, #""abc--1""#, #""abc-+1""#, #""x,abc-1""#,
        // 1 and 0 in 64 bits, if somebody forgot the carry.
        #""abc-10000000000000001""#, #""abc-10000000000000000""#, #""W/abc-1""#, #""*""#, #"W/"abc-2", "abc-3""#, "",
        ",",
        " , ,",
    ]

    /// Field values that are no list of tags, and what is wrong with each.
    private static let malformed = [
        ("abc-1", "an entity tag starts with a quote, or W/ and a quote, unlike 'abc-1'"),
        ("w/\"abc-1\"", "an entity tag starts with a quote, or W/ and a quote, unlike 'w/\"abc-1\"'"),
        ("W/abc-1", "an entity tag starts with a quote, or W/ and a quote, unlike 'W/abc-1'"),
        ("W/*", "an entity tag starts with a quote, or W/ and a quote, unlike 'W/*'"),
        ("W/", "an entity tag starts with a quote, or W/ and a quote, unlike 'W/'"),
        ("\"abc-1\", x", "an entity tag starts with a quote, or W/ and a quote, unlike 'x'"),
        ("\"", "an entity tag has a closing quote, unlike '\"'"),
        ("\"abc-1", "an entity tag has a closing quote, unlike '\"abc-1'"),
        ("\"abc-1\", W/\"x", "an entity tag has a closing quote, unlike 'W/\"x'"),
        ("\"a\tb\"", "an entity tag has no control characters, unlike '\"a\\u{9}b\"'"),
        ("\"y\", \"abc-1\" \"x\"", "entity tags are separated by commas, unlike '\"abc-1\" \"x\"'"),
        ("\"abc-1\"x", "entity tags are separated by commas, unlike '\"abc-1\"x'"),
        ("\"abc-1\";\"x\"", "entity tags are separated by commas, unlike '\"abc-1\";\"x\"'"),
        ("*, \"abc-1\"", "* stands alone, not beside entity tags, unlike '*, \"abc-1\"'"),
        ("\"abc-1\", *", "* stands alone, not beside entity tags, unlike '*'"),
        ("**", "* stands alone, not beside entity tags, unlike '**'"),
        ("*,*", "* stands alone, not beside entity tags, unlike '*,*'"),
    ]

    /// A service whose only value is `old` under `a`.
    private func filledClient() -> InProcessClient {
        let client = InProcessClient()
        client.put("a", "old")
        return client
    }

    private func send(_ client: InProcessClient, _ method: String, _ fields: InProcessClient.Fields) -> Answer {
        client.send(method, "/keys/a", fields, method == "PUT" ? .whole(Array("new".utf8)) : .none)
    }

    /// The request went ahead as one without a condition does.
    private func expectSuccess(_ answer: Answer, _ client: InProcessClient, _ method: String) {
        #expect(answer.status == (["GET", "HEAD"].contains(method) ? 200 : 204))
        #expect(client.stored("a") == (method == "PUT" ? "new" : method == "DELETE" ? nil : "old"))
    }

    private func expectFailure(_ answer: Answer, _ client: InProcessClient) {
        #expect(answer.status == 412)
        #expect(answer["ETag"] == #""abc-1""#)
        #expect(answer.text.contains(#"If-"#) && answer.text.contains(#""abc-1""#))
        #expect(client.stored("a") == "old")
        #expect(client.get("a")["ETag"] == #""abc-1""#)
    }

    @Test(arguments: methods, matching)
    func `a request with If-Match goes ahead where the list has the tag`(method: String, list: String) {
        let client = filledClient()
        expectSuccess(send(client, method, ["If-Match": list]), client, method)
    }

    @Test(arguments: methods, others + weak)
    func `If-Match fails where the list has the tag not, or as a weak one`(method: String, list: String) {
        let client = filledClient()
        expectFailure(send(client, method, ["If-Match": list]), client)
    }

    @Test(arguments: methods, matching + weak)
    func `If-None-Match fails where the list has the tag, weak or strong`(method: String, list: String) {
        let client = filledClient()
        let answer = send(client, method, ["If-None-Match": list])
        guard ["GET", "HEAD"].contains(method) else { return expectFailure(answer, client) }
        #expect(answer.status == 304)
        #expect(answer.names == ["Cache-Control", "Date", "ETag", "X-Content-Type-Options"])
        #expect(answer["ETag"] == #""abc-1""#)
        #expect(answer["Cache-Control"] == "no-cache")
        // What a 200 would have, for the engine to send the length of.
        #expect(answer.text == "old")
    }

    @Test(arguments: methods, others)
    func `a request with If-None-Match goes ahead where the list has the tag not`(method: String, list: String) {
        let client = filledClient()
        expectSuccess(send(client, method, ["If-None-Match": list]), client, method)
    }

    @Test(arguments: methods, ["If-Match", "If-None-Match"])
    func `* cannot stand beside tags or malformed lists in another field of the name`(method: String, name: String) {
        for (first, second) in [("*", "nonsense"), ("nonsense", "*"), ("*", #""x""#), (#""x""#, "*"), ("*", "*")] {
            let client = filledClient()
            let fields = InProcessClient.Fields([(name, first), (name, second)])
            #expect(send(client, method, fields).status == 400, "\(first) and \(second)")
            #expect(client.stored("a") == "old")
        }
    }

    @Test(arguments: methods)
    func `several fields of one name are one list`(method: String) {
        for lists in [["If-Match": #""x""#, "If-Match": #""abc-1""#], ["If-Match": #""abc-1""#, "if-match": #""x""#]]
            as [InProcessClient.Fields]
        {
            let client = filledClient()
            expectSuccess(send(client, method, lists), client, method)
        }
        for lists in [
            ["If-None-Match": #""x""#, "If-None-Match": #"W/"abc-1""#],
            ["If-None-Match": #""abc-1""#, "If-None-Match": #""x", "y""#],
        ] as [InProcessClient.Fields] {
            let client = filledClient()
            let answer = send(client, method, lists)
            #expect(answer.status == (["GET", "HEAD"].contains(method) ? 304 : 412))
            #expect(client.stored("a") == "old")
        }
        let client = filledClient()
        expectFailure(send(client, method, ["If-Match": #""x""#, "If-Match": #""y""#]), client)
        #expect(send(client, method, ["If-Match": #""abc-1""#, "If-Match": "y"]).status == 400)
        #expect(client.stored("a") == "old")
    }

    @Test(arguments: methods, malformed)
    func `what is no list of tags is refused with the reason`(method: String, _ field: (value: String, reason: String))
    {
        let client = filledClient()
        for name in ["If-Match", "If-None-Match"] {
            let answer = send(client, method, [name: field.value])
            #expect(answer.status == 400)
            #expect(answer.text == "\(name): \(field.reason)\n")
            #expect(answer["ETag"] == nil)
            #expect(client.stored("a") == "old")
        }
    }

    @Test(
        arguments: [
            (["If-Match": #""x""#], #"If-Match: the value's ETag "abc-1" is none of those given"#),
            (
                ["If-Match": #""x", W/"abc-1""#],
                #"If-Match: the value's ETag "abc-1" is given as a weak one, which never matches here"#
            ),
            (["If-None-Match": #""x", W/"abc-1""#], #"If-None-Match: the value's ETag "abc-1" is one of those given"#),
            (["If-None-Match": "*"], #"If-None-Match: the key has a value, whose ETag is "abc-1""#),
            (
                ["If-Match": #""abc-1""#, "If-None-Match": #""abc-1""#],
                #"If-None-Match: the value's ETag "abc-1" is one of those given"#
            ),
            (
                ["If-None-Match": "*", "If-Match": #""abc-2""#],
                #"If-Match: the value's ETag "abc-1" is none of those given"#
            ),
        ] as [(InProcessClient.Fields, String)])
    func `a failed condition is told by its name and the current tag`(fields: InProcessClient.Fields, text: String) {
        for method in ["PUT", "DELETE"] {
            let answer = send(filledClient(), method, fields)
            #expect(answer.status == 412)
            #expect(answer.text == "\(text)\n")
        }
    }

    @Test(arguments: methods)
    func `of two conditions both must hold, and If-Match is looked at first`(method: String) {
        let client = filledClient()
        // RFC 9110 section 13.2.2: a read that fails both is 412, not 304.
        expectFailure(send(client, method, ["If-None-Match": "*", "If-Match": #""x""#]), client)
        expectFailure(send(client, method, ["If-Match": #""x""#, "If-None-Match": #""y""#]), client)
        let second = send(client, method, ["If-Match": "*", "If-None-Match": #""abc-1""#])
        #expect(second.status == (["GET", "HEAD"].contains(method) ? 304 : 412))
        #expect(client.stored("a") == "old")
        expectSuccess(send(client, method, ["If-Match": #""abc-1""#, "If-None-Match": #""x""#]), client, method)
    }

    @Test(
        arguments: ["GET", "HEAD", "DELETE"],
        [
            ["If-Match": "*"], ["If-Match": #""abc-1""#], ["If-None-Match": "*"], ["If-None-Match": #""abc-1""#],
            ["If-Match": "*", "If-None-Match": "*"],
        ] as [InProcessClient.Fields])
    func `a missing key is not found, whatever the condition`(method: String, fields: InProcessClient.Fields) {
        let answer = send(InProcessClient(), method, fields)
        #expect(answer.status == 404)
        #expect(answer["ETag"] == nil)
    }

    @Test(
        arguments: [
            ["If-Match": "*"], ["If-Match": #""abc-1""#], ["If-Match": ""], ["If-Match": "*", "If-None-Match": "*"],
        ] as [InProcessClient.Fields])
    func `If-Match never creates a value`(fields: InProcessClient.Fields) {
        let client = InProcessClient()
        let answer = send(client, "PUT", fields)
        #expect(answer.status == 412)
        #expect(answer["ETag"] == nil)
        #expect(answer.text == "If-Match: the key has no value\n")
        #expect(client.keyCount == 0)
    }

    @Test(arguments: ["*", #""abc-1""#, #"W/"abc-1""#, ""])
    func `If-None-Match lets a value be created`(list: String) {
        let client = InProcessClient()
        #expect(send(client, "PUT", ["If-None-Match": list]).status == 201)
        #expect(client.stored("a") == "new")
    }

    @Test(arguments: ["PUT", "DELETE"])
    func `a refused writer can try again with the tag that came with the refusal`(method: String) throws {
        let client = filledClient()
        client.put("a", "of somebody else")
        let refused = send(client, method, ["If-Match": #""abc-1""#])
        #expect(refused.status == 412)
        let current = try #require(refused["ETag"])
        #expect(send(client, method, ["If-Match": current]).status == 204)
        #expect(client.stored("a") == (method == "PUT" ? "new" : nil))
    }

    @Test func `a tag from before a removal matches nothing after it`() {
        let client = filledClient()
        _ = client.delete("a")
        client.put("a", "old")
        #expect(client.get("a", ["If-None-Match": #""abc-1""#]).status == 200)
        #expect(send(client, "PUT", ["If-Match": #""abc-1""#]).status == 412)
        #expect(send(client, "DELETE", ["If-Match": #""abc-1""#]).status == 412)
        #expect(client.stored("a") == "old")
    }
}
