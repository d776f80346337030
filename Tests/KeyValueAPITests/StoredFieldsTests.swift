import ByteBuffers
import KeyValueStore
import Testing

/// `Content-Type`, `Content-Encoding` and `Latchkey-Meta-*`: what is kept with a value.
@Suite struct StoredFieldsTests {
    @Test func `what came with a value goes with it`() {
        let client = InProcessClient()
        client.put(
            "a", "v",
            [
                "latchkey-meta-Author": " me, myself ", "Content-Encoding": "gzip", "Content-Type": "text/x",
                "LATCHKEY-META-x": "é", "Content-Language": "de", "Latchkey-Other": "no",
            ])
        for answer in [client.get("a"), client.send("HEAD", "/keys/a"), client.get("a", ["Range": "bytes=0-"])] {
            #expect(answer["Content-Type"] == "text/x")
            #expect(answer["Content-Encoding"] == "gzip")
            // Names come back as they were written.
            #expect(answer["latchkey-meta-Author"] == "me, myself")
            #expect(answer["LATCHKEY-META-x"] == "é")
            #expect(!answer.names.contains("Content-Language"))
            #expect(!answer.names.contains("Latchkey-Other"))
        }
    }

    @Test func `a 304 and errors have none of them`() {
        let client = InProcessClient()
        client.put("a", "v", ["Content-Type": "text/x", "Content-Encoding": "br", "Latchkey-Meta-A": "b"])
        let notModified = client.get("a", ["If-None-Match": "*"])
        #expect(notModified.names == ["Cache-Control", "Date", "ETag", "X-Content-Type-Options"])
        #expect(
            client.get("a", ["If-Match": "\"x\""]).names == ["Cache-Control", "Content-Type", "Date", "ETag", "Vary"])
        #expect(
            client.get("a", ["Range": "bytes=9-"]).names == [
                "Cache-Control", "Content-Range", "Content-Type", "Date", "ETag", "Vary",
            ])
    }

    @Test func `the next value has its own`() {
        let client = InProcessClient()
        client.put("a", "v", ["Content-Type": "text/x", "Content-Encoding": "gzip", "Latchkey-Meta-A": "1"])
        client.put("a", "w", ["Latchkey-Meta-B": "2"])
        let answer = client.get("a")
        #expect(answer["Content-Type"] == "application/octet-stream")
        #expect(answer["Content-Encoding"] == nil)
        #expect(answer["Latchkey-Meta-A"] == nil)
        #expect(answer["Latchkey-Meta-B"] == "2")
        client.put("a", "x")
        #expect(
            client.get("a").names == [
                "Accept-Ranges", "Cache-Control", "Content-Type", "Date", "ETag", "X-Content-Type-Options",
            ])
    }

    @Test func `they stand beside a deadline and survive its moves`() {
        let client = InProcessClient(clock: HandClock().clock)
        client.put("a", "v", ["Latchkey-Meta-A": "1", "Content-Type": "text/x"])
        for operation in ["touch&ttl=5", "touch&ttl=none", "touch&ttl=7"] {
            client.post("a", operation)
            #expect(client.get("a")["Latchkey-Meta-A"] == "1")
            #expect(client.get("a")["Content-Type"] == "text/x")
            #expect(client.get("a").text == "v")
        }
        #expect(client.get("a")["Latchkey-TTL"] == "7")
    }

    @Test func `codings in several lines are one list`() {
        let client = InProcessClient()
        client.put("a", "v", ["Content-Encoding": "gzip", "Content-Encoding": "", "Content-Encoding": "br, zstd"])
        #expect(client.get("a")["Content-Encoding"] == "gzip, br, zstd")
    }

    @Test(
        arguments: [
            (["Content-Type": "a/b", "content-type": "a/b"], "Content-Type is given more than once: 'a/b' and 'a/b'"),
            (["Content-Encoding": "gzip;q=1"], "Content-Encoding 'gzip;q=1' is not a list of tokens such as gzip"),
            (["Content-Encoding": "g\tz"], "Content-Encoding 'g\\u{9}z' is not a list of tokens such as gzip"),
            (
                ["Content-Encoding": String(repeating: "x", count: 65)],
                "Content-Encoding, which begins with '\(String(repeating: "x", count: 64))…', has 65 bytes; the limit is 64"
            ),
            (["Latchkey-Meta-A": ""], "Latchkey-Meta-A is empty; it has at least one byte"),
            (["Latchkey-Meta-A": "1", "latchkey-meta-a": "2"], "latchkey-meta-a is given more than once, also as '1'"),
            (["Latchkey-Meta-A": "x\u{7f}"], "Latchkey-Meta-A 'x\\u{7f}' has a control character, its byte 2"),
            (["Latchkey-Meta-": "x"], "Latchkey-Meta- has no name after the dash; its value is 'x'"),
            (["Content-Encoding": ","], "Content-Encoding ',' is not a list of tokens such as gzip"),
            (
                ["Latchkey-Meta-A": "x\r\nSet-Cookie: y"],
                "Latchkey-Meta-A 'x\\u{d}\\u{a}Set-Cookie: y' has a control character, its byte 2"
            ),
            (
                ["Latchkey-Meta-A(": "x"],
                "'Latchkey-Meta-A(' is not a field name of letters, digits and !#$%&'*+-.^_`|~"
            ),
        ] as [(InProcessClient.Fields, String)])
    func `what cannot be sent back is refused, and nothing is stored`(fields: InProcessClient.Fields, text: String) {
        let client = InProcessClient()
        for answer in [
            client.put("a", "v", fields), client.post("a", "append", "v", fields),
            client.post("a", "getset", "v", fields),
        ] {
            #expect(answer.status == 400)
            #expect(answer.text == "\(text)\n")
            #expect(answer.reception == .skip)
        }
        #expect(client.acquisitions == 0)
    }

    @Test(arguments: [1, 2, 16, 113])
    func `metadata has 2,048 bytes, names and values together`(lines: Int) {
        let client = InProcessClient()
        var fields = InProcessClient.Fields((1..<lines).map { ("Latchkey-Meta-\($0 + 100)", "x") })
        let rest = 2048 - (lines - 1) * 18 - "Latchkey-Meta-0".count

        #expect(
            client.put("a", "v", fields.adding("Latchkey-Meta-0", String(repeating: "x", count: rest + 1))).text
                == "the names and values of Latchkey-Meta-* have 2049 bytes; the limit is 2048\n")
        fields = fields.adding("Latchkey-Meta-0", String(repeating: "y", count: rest))
            .adding("Content-Type", String(repeating: "t", count: 255))
            .adding("Content-Encoding", String(repeating: "e", count: 64))
        // The most that can be stored with a key and a value.
        let key = String(repeating: "k", count: 1024)
        #expect(client.put("\(key)?ttl=60", "v", fields).status == 201)
        let answer = client.get(key)
        #expect(answer.text == "v")
        #expect(answer["Latchkey-Meta-0"]?.count == rest)
        #expect(answer["Content-Type"]?.count == 255)
        #expect(answer["Content-Encoding"]?.count == 64)
        #expect(answer.names.count { $0.hasPrefix("Latchkey-Meta-") } == lines)
    }

    @Test func `requests that store nothing may have any`() {
        let client = InProcessClient()
        client.put("a", "1")
        let odd: InProcessClient.Fields = ["Content-Encoding": "\t;", "Latchkey-Meta-": "", "Latchkey-Meta-A": ""]
        #expect(client.get("a", odd).status == 200)
        #expect(client.post("a", "incr", nil, odd).status == 200)
        #expect(client.post("a", "touch&ttl=5", nil, odd).status == 204)
        #expect(client.delete("a", odd).status == 204)
    }

    @Test func `an entry pays for the fields that it has, and only for those`() throws {
        let client = InProcessClient()
        /// What the one allocation of the entry under `key` has room for: what was asked for, rounded up to 16 bytes, and 16
        /// more where the allocator has found a block with a rest too small to be one. `malloc_usable_size(3)`.
        func room(_ key: String) throws -> Int { try #require(client.entry(Array(key.utf8))).value.storage.capacity }
        let value = String(repeating: "v", count: 100)
        client.put("plain", value)
        client.put("named", value, ["Accept": "a/b", "If-None-Match": "*"])
        client.put("octet", value, ["Content-Type": "application/octet-stream"])
        client.put("typed", value, ["Content-Type": "text/x"])
        client.put("dress", value, ["Latchkey-Meta-By": String(repeating: "m", count: 500)])
        _ = client.send("POST", "/batch", [:], .whole(Array("PUT batch 100\n\(value)\n".utf8)))
        // A header of 16 bytes, the key and the value.
        let plain = 16 + 5 + 100
        for key in ["plain", "named", "batch", "octet"] {
            #expect((plain..<plain + 32).contains(try room(key)), "\(key)")
        }
        let typed = plain + "\r\nContent-Type: text/x".utf8.count
        #expect((typed..<typed + 32).contains(try room("typed")))
        let dressed = plain + "\r\nLatchkey-Meta-By: ".utf8.count + 500
        #expect((dressed..<dressed + 32).contains(try room("dress")))
        client.put("dress", value)
        #expect((plain..<plain + 32).contains(try room("dress")))
    }
}
