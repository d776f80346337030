import TestSupport
/// Makes requests of all kinds, most of them nearly right.
struct RequestGrammar {
    var random: SeededGenerator
    /// Tags that were given out, of which conditions name some.
    var tags = [#""abc-1""#]

    struct Made {
        var method: String
        var target: [UInt8]
        var fields: InProcessClient.Fields
        var body: InProcessClient.Body
    }

    mutating func next() -> Made {
        let usual = ["GET", "GET", "GET", "GET", "HEAD", "PUT", "PUT", "PUT", "POST", "POST", "POST", "DELETE"]
        let method = chance(12) ? pick(["OPTIONS", "PATCH", "BREW", ""]) : pick(usual)
        var target = Array(self.target(method).utf8)
        if chance(20) { mutate(&target) }
        return Made(method: method, target: target, fields: fields(), body: body(target))
    }

    private mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }

    private mutating func pick<Element>(_ choices: [Element]) -> Element { choices.randomElement(using: &random)! }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0 where place < bytes.count: bytes[place] = .random(in: 0...255, using: &random)
            case 1 where place < bytes.count: bytes.remove(at: place)
            default: bytes.insert(.random(in: 0...255, using: &random), at: place)
            }
        }
    }

    private mutating func target(_ method: String) -> String {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return pick(["", "*", "/", "/metrics", "/livez", "/readyz", "/nothing", "http://h", "http://h/keys/a"])
        case 1: return "/batch" + pick(["", "", "", "/", "?", "?x"])
        case 2: return pick(["/keys", "/keys/"]) + query(["prefix", "limit", "cursor", "all"])
        default:
            let operation = pick(["incr", "incr", "append", "getdel", "getset", "touch", "touch&ttl=none", "x", ""])
            let query = ["PUT", "POST"].contains(method) || chance(10) ? query(["by", "ttl", "keepttl"]) : ""
            guard method == "POST", !chance(10) else { return "/keys/\(key())\(query)" }
            return "/keys/\(key())?op=\(operation)" + (query.isEmpty ? "" : "&") + query.dropFirst()
        }
    }

    private mutating func key() -> String {
        chance(8)
            ? pick(["//", "%00", "é", "..", "%zz", "%", "%ff%FE", "abcdefghi", "%61bcdefgh"])
            : pick(["a", "a", "a", "%61", "n", "n", "a/b", "a%2fb"])
    }

    private mutating func query(_ names: [String]) -> String {
        guard chance(2) else { return "" }
        let parameters = (0..<Int.random(in: 0...2, using: &random)).map { _ in
            let name = chance(15) ? pick(["x", "", "op", "TTL"]) : pick(names)
            return chance(8) ? name : "\(name)=\(parameter(name))"
        }
        return "?" + parameters.joined(separator: "&")
    }

    private mutating func parameter(_ name: String) -> String {
        let number = pick(["0", "1", "2", "5", "-3", "1.5", "0.25", "9223372036854775807", "-9223372036854775808", "x"])
        switch name {
        case "prefix": return pick(["", "a", "b", "%61", "n", "%zz", "//", "abcdefghi", "a+b"])
        case "cursor": return pick(["", "abc-0-0", "abc-1-8000000000000000", "abc-9-0", "abd-0-0", "x"])
        case "all": return pick(["true", "false", ""])
        case "keepttl": return pick(["", "", "1"])
        default: return number
        }
    }

    private mutating func fields() -> InProcessClient.Fields {
        var lines: [(name: String, value: String)] = []
        while chance(2) {
            let name = pick([
                "If-Match", "If-None-Match", "If-None-Match", "Range", "Range", "Range", "If-Range", "Prefer",
                "Content-Type",
                "Content-Encoding", "Latchkey-Meta-A", "latchkey-meta-b", "Latchkey-Meta-", "Accept", "Expect",
                "Content-Range", "Content-Length",
            ])
            lines.append((name, value(name)))
        }
        return InProcessClient.Fields(lines)
    }

    private mutating func value(_ name: String) -> String {
        if chance(20) { return pick(["", " ", "\u{1}", "\"", ",", String(repeating: "x", count: 300)]) }
        switch name {
        case "If-Match", "If-None-Match", "If-Range":
            return pick(["*", "\"x\"", "W/" + pick(tags), pick(tags) + ", " + pick(tags), "x"] + tags)
        case "Range":
            return pick([
                "bytes=0-", "bytes=-1", "bytes=1-2", "bytes=9-", "bytes=2-1", "bytes=0-0,1-1", "x=0-0", "bytes",
            ])
        case "Prefer": return pick(["wait=5", "wait=0", "wait=999", "wait", "wait=x", "respond-async, wait=1"])
        case "Accept": return pick(["application/json", "*/*", "text/plain", "application/json;q=0.1, */*"])
        case "Expect": return pick(["100-continue", "x"])
        case "Content-Length": return pick(["0", "1", "16", "17", "99999999999999999999", "-1", "x"])
        case "Content-Encoding": return pick(["gzip", "gzip, br", "g z", "g;z"])
        default: return pick(["text/plain", "v", "é", "a\tb"])
        }
    }

    private mutating func body(_ target: [UInt8]) -> InProcessClient.Body {
        if target.starts(with: Array("/batch".utf8)), !chance(5) { return .whole(batch()) }
        let value = pick(["", "1", "-7", "41", "9223372036854775807", "value", "0123456789abcdef", "0123456789abcdefg"])
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return .none
        case 1: return .chunked(value.utf8.map { [$0] })
        default: return .whole(Array(value.utf8))
        }
    }

    private mutating func batch() -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let item = pick([
                "GET \(key())\n", "DELETE \(key())\r\n", "PUT \(key()) 2\nvv\n", "PUT \(key()) 0\n\n", "\n",
            ])
            bytes += Array(item.utf8)
        }
        if chance(6) { mutate(&bytes) }
        return bytes
    }
}
