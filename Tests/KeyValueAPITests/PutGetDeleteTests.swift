import KeyValueAPI
import Testing

/// Values in, the same values out.
@Suite struct PutGetDeleteTests {
    @Test(arguments: [0, 1, 2, 255, 256, 4_097, 300_000])
    func `a value comes back byte for byte, however it was sent`(count: Int) {
        let client = InProcessClient()
        let value = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        #expect(client.send("PUT", "/keys/whole", [:], .whole(value)).status == 201)
        let pieces = stride(from: 0, to: count, by: 1_000).map { Array(value[$0..<min($0 + 1_000, count)]) }
        #expect(client.send("PUT", "/keys/chunked", [:], .chunked(pieces)).status == 201)
        for key in ["whole", "chunked"] {
            let answer = client.get(key)
            #expect(answer.status == 200)
            #expect(answer.content == value)
        }
    }

    @Test func `the first write creates and the next replace`() {
        let client = InProcessClient()
        let created = client.put("a", "one")
        #expect(created.status == 201)
        #expect(created.names == ["Date", "ETag"])
        #expect(created.content.isEmpty)
        for value in ["two", "", "two"] {
            let replaced = client.put("a", value)
            #expect(replaced.status == 204)
            #expect(replaced.names == ["Date", "ETag"])
            #expect(replaced.content.isEmpty)
            #expect(replaced["ETag"] == client.get("a")["ETag"])
            #expect(client.get("a").text == value)
        }
        #expect(client.keyCount == 1)
    }

    @Test(arguments: [.none, .whole([]), .chunked([]), .chunked([[], []])] as [InProcessClient.Body])
    func `an empty value is a value`(body: InProcessClient.Body) {
        let client = InProcessClient()
        #expect(client.send("PUT", "/keys/a", [:], body).status == 201)
        let answer = client.get("a")
        #expect(answer.status == 200)
        #expect(answer.content.isEmpty)
        #expect(answer["ETag"] != nil)
        #expect(client.send("PUT", "/keys/a", [:], body).status == 204)
        #expect(client.delete("a").status == 204)
        #expect(client.get("a").status == 404)
    }

    @Test(arguments: ["GET", "HEAD"])
    func `a value comes with these fields and no others`(method: String) {
        let client = InProcessClient()
        client.put("a", "hello", ["content-type": "text/x; charset=utf-8"])
        let answer = client.send(method, "/keys/a")
        #expect(answer.status == 200)
        #expect(
            answer.names == [
                "Accept-Ranges", "Cache-Control", "Content-Type", "Date", "ETag", "X-Content-Type-Options",
            ]
        )
        #expect(answer["Accept-Ranges"] == "bytes")
        #expect(answer["Date"] == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(answer["Content-Type"] == "text/x; charset=utf-8")
        #expect(answer["ETag"] == #""abc-1""#)
        #expect(answer["Cache-Control"] == "no-cache")
        #expect(answer["X-Content-Type-Options"] == "nosniff")
        // The length of a HEAD's content is what the engine sends in its place.
        #expect(answer.text == "hello")
        #expect(answer.route == .keys)
    }

    @Test func `a content type stays with its value, and the next value has its own`() {
        let client = InProcessClient()
        for type in [
            "text/plain", "a/b; c=\"d, e\"", "nonsense", "image/é", "a/b\tc", String(repeating: "x", count: 255),
        ] {
            client.put("a", "v", ["Content-Type": type])
            #expect(client.get("a")["Content-Type"] == type)
            #expect(client.get("a").text == "v")
        }
        client.put("a", "v")
        #expect(client.get("a")["Content-Type"] == "application/octet-stream")
    }

    @Test(arguments: ["", " ", "\t \t"])
    func `an empty content type is none`(type: String) {
        let client = InProcessClient()
        #expect(client.put("a", "v", ["Content-Type": type]).status == 201)
        #expect(client.get("a")["Content-Type"] == "application/octet-stream")
    }

    @Test(arguments: [256, 257, 512, 5_000])
    func `a content type over 255 bytes is refused with both numbers`(count: Int) {
        let client = InProcessClient()
        let answer = client.put("a", "v", ["Content-Type": String(repeating: "x", count: count)])
        #expect(answer.status == 400)
        #expect(
            answer.text == "Content-Type '\(String(repeating: "x", count: 64))…' has \(count) bytes; the limit is 255\n"
        )
        #expect(client.acquisitions == 0)
    }

    @Test func `a content type that would break its field line is refused`() {
        let client = InProcessClient()
        for byte in Array(0..<0x20) + [0x7f] as [UInt8] where byte != 0x09 {
            let type = "text/x\(UnicodeScalar(byte))Set-Cookie: a=b"
            let answer = client.put("a", "v", ["Content-Type": type])
            #expect(answer.status == 400, "byte \(byte)")
            #expect(answer.text.hasPrefix("Content-Type 'text/x\\u{"), "byte \(byte)")
            #expect(answer.text.hasSuffix("Set-Cookie: a=b' has a control character, its byte 7\n"), "byte \(byte)")
        }
        #expect(client.acquisitions == 0)
    }

    @Test func `a tag is never seen twice, also not after a removal`() {
        let client = InProcessClient()
        var seen: Set<String> = []
        for round in 0..<50 {
            for key in ["a", "b"] {
                for _ in 0..<3 {
                    // The same bytes each time: it is the write that makes a tag, not the value.
                    guard let tag = client.put(key, "same")["ETag"] else {
                        Issue.record("a PUT of \(key) without a tag in round \(round)")
                        return
                    }
                    #expect(seen.insert(tag).inserted, "\(tag)")
                    #expect(client.get(key)["ETag"] == tag)
                    #expect(client.send("HEAD", "/keys/\(key)")["ETag"] == tag)
                }
                #expect(client.delete(key).status == 204)
            }
        }
        #expect(seen.count == 300)
    }

    @Test func `reading changes no tag`() {
        let client = InProcessClient()
        client.put("a", "v")
        for method in ["GET", "HEAD", "OPTIONS", "POST", "BREW"] { _ = client.send(method, "/keys/a") }
        #expect(client.get("a")["ETag"] == #""abc-1""#)
    }

    @Test func `a removal takes its key and no other, once`() {
        let client = InProcessClient()
        for key in ["a", "b"] { client.put(key, key) }
        let removed = client.delete("a")
        #expect(removed.status == 204)
        #expect(removed.names == ["Date"])
        #expect(removed.content.isEmpty)
        #expect(client.delete("a").status == 404)
        #expect(client.get("b").text == "b")
        #expect(client.put("a", "again").status == 201)
    }

    @Test(arguments: ["GET", "HEAD", "DELETE"], [false, true])
    func `a key without a value is not found`(method: String, wasThere: Bool) {
        let client = InProcessClient()
        client.put("b", "another")
        if wasThere {
            client.put("a", "v")
            _ = client.delete("a")
        }
        let answer = client.send(method, "/keys/a")
        #expect(answer.status == 404)
        #expect(answer.text == "no value is stored under this key\n")
        #expect(answer.names == ["Cache-Control", "Content-Type", "Date", "Vary"])
        #expect(client.keyCount == 1)
    }
}
