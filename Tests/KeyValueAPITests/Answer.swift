import ByteBuffers
import HTTPMessages
import KeyValueAPI
import TestSupport
import Testing

/// An answer as it would be sent.
struct Answer: Sendable {
    let status: Int
    /// The field lines but for those that are the engine's: `Content-Length` and `Connection`.
    let fields: [(name: String, value: String)]
    /// The content; of answers to HEAD and of 304 the engine sends the length only.
    let content: [UInt8]
    /// The content as it would be lent to the engine.
    let body: SharedBytes?
    let route: Route?
    /// What was decided when the request's fields had arrived.
    let reception: Decision

    /// The cases of `Reception`.
    enum Decision: Sendable { case respondAtEnd, take, skip, refuse }

    init(_ response: Response, _ reception: Decision) {
        status = response.status.code
        body = response.body.content
        content = body?.withBorrowedBytes { Array($0) } ?? []
        route = Route.allCases.first { $0.id == response.route }
        self.reception = reception
        var date = HTTPDate()
        date.update(now: 0)
        var lines = FieldLines()
        lines.set(to: response, date: date)
        // From the bytes, as a client on a socket would see them.
        let text = Array("\(FieldLines.firstName): ".utf8) + lines.bytes
        fields = text.split(separator: Array("\r\n".utf8), omittingEmptySubsequences: false).map { line in
            let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
            let value = line[colon...].dropFirst(2)
            return (String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
        let repeated = repeatedField(among: fields.map(\.name))
        #expect(repeated == nil, "\(fields)")
    }

    /// The value of the first field with this name.
    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    var names: [String] { fields.map(\.name).sorted() }

    var text: String { String(decoding: content, as: UTF8.self) }
}
