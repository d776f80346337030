import ByteBuffers
import HTTPMessages
import Testing

@Suite struct ServerTimingTests {
    @Test(
        arguments: [
            (0, "0.000000"), (1, "0.000001"), (1_234_567, "1.234567"), (1_000_000, "1.000000"),
            (UInt64.max, "18446744073709.551615"),
        ] as [(UInt64, String)])
    func `the lock wait is told in milliseconds, to the nanosecond`(nanoseconds: UInt64, text: String) {
        var lines = FieldLines()
        lines.set(to: Response(.noContent, route: RouteID(rawValue: 0)), date: HTTPDate())
        lines.appendServerTiming(lockWait: nanoseconds)
        #expect(String(decoding: lines.bytes, as: UTF8.self).hasSuffix("\r\nServer-Timing: lock;dur=\(text)"))
    }
}
