import ByteBuffers
import HTTPMessages
import TestSupport
import Testing

private let route = RouteID(rawValue: 0)

/// That what is set fits into the memory of a response's lines.
@Suite struct FieldLinesCapacityTests {
    /// `\r\nContent-Type: ` and an x often enough to have `count` bytes.
    private static func storedLines(count: Int) -> SharedBytes {
        let name = Array("\r\nContent-Type: ".utf8)
        return SharedBytes(copying: name + Array(repeating: 0x78, count: count - name.count))
    }

    @Test func `the lines may fill the memory to the last byte`() {
        var response = Response(.created, route: route)
        response.showStored(lines: Self.storedLines(count: FieldLines.capacity - HTTPDate.exampleText.utf8.count))
        var lines = FieldLines()
        lines.set(to: response, date: .example)
        let count = lines.count
        let last = lines.bytes.last
        #expect(count == FieldLines.capacity)
        #expect(last == UInt8(ascii: "x"))
    }

    @Test func `lines beyond the memory trap`() async {
        // There is no date yet, so nothing else is in the memory.
        await #expect(processExitsWith: .failure) {
            var response = Response(.created, route: RouteID(rawValue: 0))
            response.showStored(lines: FieldLinesCapacityTests.storedLines(count: FieldLines.capacity + 1))
            var lines = FieldLines()
            lines.set(to: response, date: HTTPDate())
        }
        await #expect(processExitsWith: .failure) {
            var response = Response(.created, route: RouteID(rawValue: 0))
            // Leaves room for the 15 bytes of `CRLF Retry-After: `, and none for the number.
            response.showStored(lines: FieldLinesCapacityTests.storedLines(count: FieldLines.capacity - 15))
            response.retryAfter = 1
            var lines = FieldLines()
            lines.set(to: response, date: HTTPDate())
        }
    }

    @Test func `the greatest response fits`() {
        let greatest = MethodSet(rawValue: .max)
        for link in [nil, String(repeating: "x", count: Response.Extra.maximumLinkCount)] {
            var response = Response(.ok, route: route)
            // More than can be stored with a value.
            response.contentType = .problemJSON
            if link == nil { response.showStored(lines: Self.storedLines(count: 4095)) }
            response.entityTag = EntityTag(nonce: .max, version: .max)
            response.isStoredValue = true
            response.allow = greatest
            response.retryAfter = .max
            response.extra = .init(
                timeToLive: .max, contentRange: (.max - 1 ..< .max, .max), unsatisfiedOf: .max, link: link,
                preferenceApplied: String(repeating: "x", count: 64))
            var lines = FieldLines()
            lines.set(to: response, date: .example)
            let count = lines.count
            #expect(count <= FieldLines.capacity)
        }
    }
}
