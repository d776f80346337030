import HTTPMessages
import Testing

@Suite struct ResponseTests {
    @Test func `a new response has no fields and no content`() {
        let response = Response(.noContent, route: RouteID(rawValue: 3))
        #expect(response.status == .noContent)
        #expect(response.route == RouteID(rawValue: 3))
        #expect(response.contentType == nil)
        #expect(response.entityTag == nil)
        #expect(response.allow == nil)
        #expect(response.retryAfter == nil)
        #expect(!response.isStoredValue)
        #expect(response.extra == nil)
        if case .shared = response.body { Issue.record("content from nowhere") }
    }

    @Test func `a response is small, whatever few of them have`() {
        // It is passed by value on the way of every request.
        #expect(MemoryLayout<Response>.size <= 120)
        #expect(MemoryLayout<Response.Extra?>.size == MemoryLayout<Int>.size)
    }

    @Test func `a route has a place among the counters`() async {
        #expect(RouteID(rawValue: UInt8(RouteID.limit - 1)).rawValue == 15)
        await #expect(processExitsWith: .failure) { _ = RouteID(rawValue: UInt8(RouteID.limit)) }
    }
}
