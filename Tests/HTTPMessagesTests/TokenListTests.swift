import HTTPMessages
import Testing

@Suite struct TokenListTests {
    private static let token = "0123456789abcdef"

    private func tokens(_ text: String) throws -> [String] {
        try TokenList(Array(text.utf8)).tokens.map { String(decoding: $0, as: UTF8.self) }
    }

    private func complaint(_ text: String) -> String? {
        do throws(TokenList.Malformation) {
            _ = try TokenList(Array(text.utf8))
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        "\(token)", "\(token)\n", "\r\n# of the backup\r\n\(token)\r\n", "\n\n  \(token)\t\n   \n",
        "#\(token)\n\(token)",
    ])
    func `a token stands on a line of its own, among comments and empty lines`(text: String) throws {
        #expect(try tokens(text) == [Self.token])
    }

    @Test func `several tokens come in their order`() throws {
        let (first, second) = (String(repeating: "b", count: 16), String(repeating: "a", count: 512))
        #expect(try tokens("\(first)\n# more\n\(second)\n\(first)==\n") == [first, second, first + "=="])
    }

    @Test(arguments: ["", "\n", "# \(token)\n", " \t\r\n"])
    func `a file without a token cannot be used`(text: String) {
        #expect(complaint(text) == "there is no token in it")
    }

    @Test(arguments: [
        ("012345678=abcdef", "letters"), ("\(token) \(token)", "letters"), ("\"\(token)\"", "letters"),
        ("Bearer \(token)", "letters"), ("\(token)é", "letters"), ("\(token)\0", "letters"),
        ("0123456789abcde", "16 to 512 characters"), (String(repeating: "x", count: 513), "16 to 512 characters"),
    ])
    func `what is no token is told by its line, and not by what it is`(text: String, reason: String) throws {
        let told = try #require(complaint("# one\n\(text)\n"))
        #expect(told.hasPrefix("line 2: a token has "))
        #expect(told.contains(reason))
        #expect(!told.contains("0123"))
    }

    @Test func `there are as many tokens as can be compared`() throws {
        let most = (100..<200).map { "\(Self.token)\($0)\n" }.joined()
        #expect(try tokens(most).count == 100)
        #expect(complaint(most + Self.token) == "there are more than 100 tokens in it")
    }
}
