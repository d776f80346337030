import HTTPMessages
import Testing

@Suite struct StatusTests {
    private static let phrases: [(Int, String)] = [
        (200, "OK"), (201, "Created"), (204, "No Content"), (206, "Partial Content"), (304, "Not Modified"),
        (400, "Bad Request"), (401, "Unauthorized"), (403, "Forbidden"), (404, "Not Found"),
        (405, "Method Not Allowed"), (408, "Request Timeout"), (409, "Conflict"),
        (412, "Precondition Failed"), (413, "Content Too Large"), (414, "URI Too Long"), (416, "Range Not Satisfiable"),
        (421, "Misdirected Request"),
        (431, "Request Header Fields Too Large"),
        (500, "Internal Server Error"), (501, "Not Implemented"), (503, "Service Unavailable"),
        (505, "HTTP Version Not Supported"),
        (507, "Insufficient Storage"),
    ]

    @Test func `every status is in the list above`() {
        #expect(Status.allCases.map(\.code) == Self.phrases.map(\.0))
    }

    @Test(arguments: phrases)
    func `a status has the phrase that its RFC gives its number`(code: Int, phrase: String) throws {
        let status = try #require(Status(rawValue: UInt16(code)))
        #expect(status.code == code)
        #expect(status.phrase == phrase)
    }

    @Test func `the index is the position among all`() {
        for (position, status) in Status.allCases.enumerated() {
            #expect(status.index == position, "\(status)")
        }
    }

    @Test func `phrases need no escape in JSON`() {
        // They are put into error documents as they are.
        for status in Status.allCases {
            #expect(status.phrase.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }, "\(status)")
        }
    }
}
