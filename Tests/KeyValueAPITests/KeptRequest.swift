import ByteBuffers
import HTTPMessages

/// A request with the memory that its views are of, which ends with the last copy, as a connection's does with it.
struct KeptRequest: Sendable {
    private let memory: SharedBytes
    private let fields: KeptFields
    private let request: Request

    /// Lines that are not changed any more, which is why they may be shared.
    private final class KeptFields: @unchecked Sendable {
        var lines = FieldBuffer()
    }

    init(_ method: String, _ target: [UInt8], _ lines: [(name: String, value: String)], announcing count: Int?) {
        var lines = lines
        if let count { lines.append(("Content-Length", "\(count)")) }
        var bytes = target
        var places: [(name: FieldName, text: Range<Int>, value: Range<Int>)] = []
        var host = 0..<0
        for line in lines {
            // The engine leaves out what nothing here depends on.
            guard let name = SharedBytes(copying: line.name.utf8).withBorrowedBytes({ FieldName($0) }) else { continue }
            let start = bytes.count
            bytes += line.name.utf8
            let middle = bytes.count
            bytes += line.value.utf8
            if name == .host {
                host = middle..<bytes.count
            } else {
                places.append((name, start..<middle, middle..<bytes.count))
            }
        }
        let methodPlace = bytes.count..<bytes.count + method.utf8.count
        bytes += method.utf8
        memory = SharedBytes(copying: bytes)
        let fields = KeptFields()
        self.fields = fields
        request = memory.withBorrowedBytes { memory in
            for (name, text, value) in places {
                fields.lines.append(Request.Field(name: name, text: memory.slice(text), value: memory.slice(value)))
            }
            return Request(
                method: memory.slice(methodPlace), target: memory.slice(0..<target.count), host: memory.slice(host),
                fields: fields.lines)
        }
    }

    func withRequest<Result>(_ body: (Request) -> Result) -> Result {
        defer { withExtendedLifetime((memory, fields)) {} }
        return body(request)
    }
}
