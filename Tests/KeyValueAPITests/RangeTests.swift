import ByteBuffers
import KeyValueAPI
import KeyValueStore
import Testing

/// Parts of values. The value of these tests is `0123456789` under `a`, where nothing else is said.
@Suite struct RangeTests {
    private func filledClient(_ value: String = "0123456789") -> InProcessClient {
        let client = InProcessClient()
        client.put("a", value)
        return client
    }

    @Test(arguments: [
        ("bytes=0-0", "0", "0-0"), ("bytes=2-4", "234", "2-4"), ("bytes=9-9", "9", "9-9"), ("bytes=5-", "56789", "5-9"),
        ("bytes=0-", "0123456789", "0-9"), ("bytes=-3", "789", "7-9"), ("bytes=-10", "0123456789", "0-9"),
        ("bytes=-100", "0123456789", "0-9"), ("bytes=8-100", "89", "8-9"), ("bytes=0-9", "0123456789", "0-9"),
        ("bytes=9-99999999999999999999999", "9", "9-9"), ("bytes=-99999999999999999999999", "0123456789", "0-9"),
        ("BYTES=1-1", "1", "1-1"), ("bytes=,1-2,", "12", "1-2"), ("bytes=0000-0001", "01", "0-1"),
    ])
    func `one range is a part of the value`(range: String, part: String, place: String) {
        let answer = filledClient().get("a", ["Range": range])
        #expect(answer.status == 206)
        #expect(answer.text == part)
        #expect(answer["Content-Range"] == "bytes \(place)/10")
        #expect(
            answer.names == [
                "Accept-Ranges", "Cache-Control", "Content-Range", "Content-Type", "Date", "ETag",
                "X-Content-Type-Options",
            ])
        #expect(answer["ETag"] == #""abc-1""#)
        #expect(answer.route == .keys)
    }

    @Test(arguments: [
        "bytes=0-1,3-4", "bytes=0-0, 0-0", "items=0-1", "bytes 0-1", "bytes", "bytes=", "bytes=-", "bytes=4-2",
        "bytes=a-b", "bytes=1-x", "bytes=x-1", "bytes=x-", "bytes=-x", "bytes=+1-2", "bytes=--1", "bytes=1", "=0-1", "",
        "bytes=0x1-2", "bytes=1.0-2",
    ])
    func `what is not one range of bytes is ignored`(range: String) {
        let answer = filledClient().get("a", ["Range": range])
        #expect(answer.status == 200)
        #expect(answer.text == "0123456789")
        #expect(answer["Content-Range"] == nil)
        #expect(answer["Accept-Ranges"] == "bytes")
    }

    @Test(arguments: [
        "bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999-", "bytes=18446744073709551616-",
    ])
    func `a range beyond the value is refused with the value's length`(range: String) {
        let answer = filledClient().get("a", ["Range": range])
        #expect(answer.status == 416)
        #expect(answer["Content-Range"] == "bytes */10")
        #expect(answer["ETag"] == #""abc-1""#)
        #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
        #expect(answer.text == "the value has 10 bytes, of which the range '\(range)' has none\n")
    }

    @Test(arguments: ["bytes=-1", "bytes=-5", "bytes=-99999999999999999999999"])
    func `the last bytes of the empty value are all of it`(range: String) {
        let answer = filledClient("").get("a", ["Range": range])
        #expect(answer.status == 200)
        #expect(answer.content.isEmpty)
        #expect(answer["Content-Range"] == nil)
        #expect(answer["ETag"] == #""abc-1""#)
    }

    @Test(arguments: [
        ["bytes=0-1", "bytes=3-4"], ["bytes=0-1", "bytes=0-1"], ["bytes=99-", ""], ["items=0-1", "bytes=0-1"],
    ])
    func `several lines of Range are ignored`(ranges: [String]) {
        let answer = filledClient().get("a", InProcessClient.Fields(ranges.map { ("Range", $0) }))
        #expect(answer.status == 200)
        #expect(answer.text == "0123456789")
    }

    @Test func `several lines of If-Range do not hold`() {
        let fields: InProcessClient.Fields = ["If-Range": #""abc-1""#, "If-Range": #""abc-1""#, "Range": "bytes=0-1"]
        #expect(filledClient().get("a", fields).status == 200)
    }

    @Test(arguments: ["bytes=0-", "bytes=0-0", "bytes=-0", "bytes=5-9"])
    func `the empty value has no other parts`(range: String) {
        let client = filledClient("")
        let answer = client.get("a", ["Range": range])
        #expect(answer.status == 416)
        #expect(answer["Content-Range"] == "bytes */0")
        #expect(client.get("a", ["Range": "bytes=0-1,2-3"]).status == 200)
    }

    @Test func `every range of every short value is what slicing says`() {
        for count in 0...5 {
            let value = String("01234".prefix(count))
            let client = filledClient(value)
            for first in 0...6 {
                let fromFirst = client.get("a", ["Range": "bytes=\(first)-"])
                #expect(fromFirst.status == (first < count ? 206 : 416))
                if first < count { #expect(fromFirst.text == value.dropFirst(first)) }
                for last in first...7 {
                    let answer = client.get("a", ["Range": "bytes=\(first)-\(last)"])
                    #expect(answer.status == (first < count ? 206 : 416))
                    guard first < count else { continue }
                    #expect(answer.text == value.dropFirst(first).prefix(last - first + 1))
                    #expect(answer["Content-Range"] == "bytes \(first)-\(min(last, count - 1))/\(count)")
                }
            }
        }
    }

    @Test func `a HEAD has no parts`() {
        for range in ["bytes=0-1", "bytes=99-"] {
            let answer = filledClient().send("HEAD", "/keys/a", ["Range": range])
            #expect(answer.status == 200)
            #expect(answer.text == "0123456789")
            #expect(answer["Content-Range"] == nil)
        }
    }

    @Test func `a part is sent from the stored bytes, which live until it is gone`() throws {
        let client = filledClient()
        let storage = try #require(client.entry([0x61])?.value.storage)
        #expect(client.get("a").body?.storage === storage)
        let part = try #require(client.get("a", ["Range": "bytes=3-5"]).body)
        #expect(part.storage === storage)
        client.put("a", "something else")
        _ = client.delete("a")
        #expect(part == SharedBytes(copying: "345".utf8))
    }

    @Test func `a part has the fields that were stored with its value`() {
        let client = InProcessClient()
        client.put("a", "abc", ["Content-Type": "text/x", "Content-Encoding": "gzip", "Latchkey-Meta-By": "me"])
        let answer = client.get("a", ["Range": "bytes=1-1"])
        #expect(answer.status == 206)
        #expect(answer["Content-Type"] == "text/x")
        #expect(answer["Content-Encoding"] == "gzip")
        #expect(answer["Latchkey-Meta-By"] == "me")
    }

    @Test func `If-Range with the current tag lets a range count`() {
        let client = filledClient()
        #expect(client.get("a", ["If-Range": #""abc-1""#, "Range": "bytes=0-1"]).status == 206)
        #expect(client.get("a", ["If-Range": #""abc-1""#, "Range": "bytes=99-"]).status == 416)
        #expect(client.get("a", ["If-Range": #""abc-1""#]).status == 200)
    }

    @Test(arguments: [
        #""abc-2""#, #"W/"abc-1""#, "Thu, 01 Jan 1970 00:00:00 GMT", "", "*", #""abc-1", "abc-1""#, "abc-1", #""abc-1"#,
        #""ABC-1""#,
    ])
    func `If-Range with anything else gives the whole value`(value: String) {
        for range in ["bytes=0-1", "bytes=99-"] {
            let answer = filledClient().get("a", ["If-Range": value, "Range": range])
            #expect(answer.status == 200)
            #expect(answer.text == "0123456789")
        }
    }

    @Test func `conditions come before the range`() {
        let client = filledClient()
        for range in ["bytes=0-1", "bytes=99-"] {
            #expect(client.get("a", ["If-None-Match": "*", "Range": range]).status == 304)
            #expect(client.get("a", ["If-Match": #""x""#, "Range": range]).status == 412)
            #expect(client.get("missing", ["Range": range]).status == 404)
        }
        #expect(client.get("a", ["If-Match": "*", "If-None-Match": #""x""#, "Range": "bytes=0-1"]).status == 206)
    }
}
