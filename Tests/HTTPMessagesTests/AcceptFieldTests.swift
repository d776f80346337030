import HTTPMessages
import TestSupport
import Testing

@Suite struct AcceptFieldTests {
    private func prefersJSON(_ values: String...) -> Bool {
        withRequest(values.map { (.accept, $0) }) { $0.prefersJSON }
    }

    @Test func `a client that says nothing gets text`() {
        #expect(!prefersJSON())
        #expect(!prefersJSON(""))
        #expect(!prefersJSON(" , ,, "))
        #expect(!prefersJSON(";", ";;", ";q=1", "q=1"))
    }

    @Test(arguments: ["application/json", "application/problem+json", "application/*", "Application/JSON"])
    func `each range that stands for JSON asks for it`(range: String) {
        #expect(prefersJSON(range))
        #expect(prefersJSON("\(range);q=0.001"))
        #expect(prefersJSON(" \t\(range)\t "))
        #expect(prefersJSON("text/html, \(range), image/png"))
        #expect(!prefersJSON("\(range);q=0"))
    }

    @Test(arguments: [
        "text/plain", "text/*", "*/*", "text/html", "image/png", "application/xml", "application/jsonp",
        "application/jso", "application/json+x", "application", "*", "application/", "/json", "json", "*/json",
        "application /json", "text/json", "application/vnd.api+json",
    ])
    func `no other range asks for JSON`(range: String) {
        #expect(!prefersJSON(range))
    }

    @Test(arguments: [
        ("application/json;q=0.5, text/plain;q=0.4", true), ("application/json;q=0.4, text/plain;q=0.5", false),
        ("application/json;q=0.002,text/plain;q=0.001", true), ("application/json;q=0.501,text/plain;q=0.5", true),
        ("application/json;q=0.5,text/plain;q=0.501", false), ("application/json;q=0.1,text/plain;q=0.09", true),
        ("application/json;q=1,text/plain;q=0.999", true), ("application/json;q=0.999,text/plain;q=1", false),
        ("application/json;q=0.000,text/plain;q=0", false), ("application/json;q=1.,text/plain;q=0.", true),
    ])
    func `the greater weight wins`(value: String, isJSON: Bool) {
        #expect(prefersJSON(value) == isJSON)
    }

    @Test(arguments: [
        "application/json, text/plain", "text/plain, application/json", "application/json;q=0.5, text/plain;q=0.50",
        "application/json;q=1.000, text/plain", "*/*, application/json", "application/*, text/*",
    ])
    func `equal weights give text`(value: String) {
        #expect(!prefersJSON(value))
    }

    @Test(arguments: [
        ("*/*;q=0.1, application/json", true), ("application/json, */*;q=0.1", true),
        ("application/json;q=0.1, */*", false), ("application/json;q=0, */*", false),
        ("application/json;q=0, application/*, text/plain;q=0.5", false),
        ("application/*, text/plain;q=0.5, application/json;q=0", false),
        ("application/json, application/*;q=0, text/plain;q=0.5", true),
        ("application/*;q=0.2, */*;q=0.5", false), ("*/*;q=0.5, application/*;q=0.7", true),
        ("text/plain;q=0, */*", true), ("text/*;q=0, */*", true),
        ("text/plain;q=0.3, text/*, application/json;q=0.5", true),
        ("text/*;q=0.3, text/plain, application/json;q=0.5", false), ("text/*, application/json;q=0.9", false),
    ])
    func `the most exact range decides, wherever it stands`(value: String, isJSON: Bool) {
        #expect(prefersJSON(value) == isJSON)
    }

    @Test func `of two JSON types the one of greater weight decides`() {
        let text = "text/plain;q=0.5"
        #expect(prefersJSON("application/json;q=0.1, application/problem+json;q=0.9, \(text)"))
        #expect(prefersJSON("application/problem+json;q=0.9, application/json;q=0.1, \(text)"))
        #expect(!prefersJSON("application/problem+json;q=0.4, application/json;q=0.1, \(text)"))
    }

    @Test(arguments: [
        ";charset=utf-8;q=0.2", ";q=0.2;charset=utf-8", "; q=0.2", " ; \tq=0.2 ", ";Q=0.2", ";;q=0.2;", ";q=0.9;q=0.2",
        ";quality=1;q=0.2",
    ])
    func `the weight is found among other parameters`(parameters: String) {
        #expect(prefersJSON("application/json\(parameters), text/plain;q=0.1"))
        #expect(!prefersJSON("application/json\(parameters), text/plain;q=0.3"))
    }

    @Test(arguments: [
        "", "2", "9", "-0", "-1", "+0", "00", "01", ".5", "0.1234", "0.0000", "0x1", "0.1x", "0.x", "0.-1",
        "0..1",
        "0.1.2", "x", "1e-1", "\"0\"", "0 .1", "\u{660}", "1.0000",
    ])
    func `a weight that cannot be read counts as 1`(weight: String) {
        #expect(prefersJSON("application/json;q=\(weight), text/plain;q=0.999"))
        #expect(!prefersJSON("text/plain;q=\(weight), application/json"))
    }

    @Test(arguments: [
        (#"text/x;a=", application/json""#, false), (#"text/x;a=", application/json", application/json"#, true),
        (#"text/x;a="\", application/json""#, false), (#"text/x;a="\\", application/json"#, true),
        (#"text/x;a=", application/json"#, false), (#"application/json;a=";q=0", text/plain;q=0.9"#, true),
        (#"application/json;a=",;";q=0.5, text/plain;q=0.9"#, false),
    ])
    func `a quoted string has neither ranges nor parameters in it`(value: String, isJSON: Bool) {
        #expect(prefersJSON(value) == isJSON)
    }

    @Test func `a weight over 1 counts as 1`() {
        #expect(!prefersJSON("application/json;q=1.5, text/plain"))
        #expect(!prefersJSON("application/json, text/plain;q=1.001"))
        #expect(prefersJSON("application/json;q=1.999, text/plain;q=0.999"))
    }

    @Test func `several field lines are one list`() {
        #expect(prefersJSON("text/plain;q=0.5", "application/json"))
        #expect(prefersJSON("application/json", "text/plain;q=0.5"))
        #expect(!prefersJSON("application/json", "text/plain"))
        #expect(!prefersJSON("application/*", "application/json;q=0"))
    }

    @Test func `no other field is asked`() {
        let names = FieldName.allCases.filter { $0 != .accept }
        #expect(!withRequest(names.map { ($0, "application/json") }) { $0.prefersJSON })
        #expect(withRequest([(.contentType, "text/plain"), (.accept, "application/json")]) { $0.prefersJSON })
    }

    @Test(arguments: seeds)
    func `the order of the ranges makes no difference`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let types = [
            "application/json", "application/problem+json", "application/*", "text/plain", "text/*", "*/*", "a/b",
        ]
        let weights = ["", ";q=0", ";q=0.1", ";q=0.5", ";q=1", ";q=?"]
        var asked = 0
        for _ in 0..<500 {
            let ranges = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                types.randomElement(using: &random)! + weights.randomElement(using: &random)!
            }
            let value = ranges.joined(separator: ",")
            let isJSON = prefersJSON(value)
            asked += isJSON ? 1 : 0
            #expect(prefersJSON(ranges.reversed().joined(separator: ",")) == isJSON, "\(value)")
            #expect(prefersJSON(ranges.shuffled(using: &random).joined(separator: " , ")) == isJSON, "\(value)")
        }
        #expect(asked > 20 && asked < 480, "or the ranges above are not mixed")
    }

    @Test(arguments: seeds)
    func `any bytes are read, and what cannot be a media range changes nothing`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func prefersJSON(_ values: [[UInt8]]) -> Bool {
            withRequest(lines: values.map { (Array("Accept".utf8), $0) }) { $0.prefersJSON }
        }
        // No letters, so none of it is a range that counts; no quotes, which would take in what follows.
        let noise = (UInt8.min ... .max).filter { byte in
            !(0x41...0x5a).contains(byte & 0xdf) && byte != UInt8(ascii: "*") && byte != UInt8(ascii: "\"")
        }
        for _ in 0..<4_000 {
            // Anything at all only has to be read.
            _ = prefersJSON((0..<Int.random(in: 0...3, using: &random)).map { _ in random.bytes(12) })
            let around = (0..<2).map { _ in random.bytes(Int.random(in: 0...8, using: &random), of: noise) }
            for range in ["application/json", "text/plain", "text/html"] {
                let value = around[0] + Array(",\(range),".utf8) + around[1]
                #expect(prefersJSON([value]) == (range == "application/json"), "\(value)")
            }
        }
    }
}
