/// Takes an answer apart as it arrives, in pieces of any size, without keeping its content (RFC 9112).
package struct ResponseReader {
    /// What a head, or the trailer of a chunked answer, may have in bytes.
    package static let headLimit = 65_536
    private static let interimLimit = 16

    private let receive: () throws(ClientFailure) -> [UInt8]
    private var received: [UInt8] = []
    private var position = 0
    private var interimCount = 0
    private var rest = Rest.none

    /// What is still to come of the content.
    private enum Rest {
        case none
        case length(Int)
        case untilClose
        /// So many bytes of a chunk, and then further chunks.
        case chunk(Int)
    }

    /// A reader of what `receive` gives: at least one byte each time, none at the end of the stream.
    package init(receive: @escaping () throws(ClientFailure) -> [UInt8]) { self.receive = receive }

    /// Whether bytes have arrived that were not looked at yet.
    var hasBuffered: Bool { position < received.count }

    /// The next head, which may be that of an interim answer. After the final one, its content can be read.
    package mutating func nextHead() throws(ClientFailure) -> ResponseHead {
        let head = try ResponseHead(try lines())
        if head.isInterim {
            interimCount += 1
            guard head.status != 101, interimCount <= Self.interimLimit else {
                throw .malformedAnswer("status \(head.status) was not asked for")
            }
        } else {
            switch try head.framing() {
            case .length(let length): rest = length == 0 ? .none : .length(length)
            case .untilClose: rest = .untilClose
            case .chunked: try startChunk()
            }
        }
        return head
    }

    /// The next bytes of the content, at least one; nil at its end. O(1) for what has arrived.
    package mutating func nextPiece() throws(ClientFailure) -> ArraySlice<UInt8>? {
        switch rest {
        case .none:
            return nil
        case .untilClose:
            guard try fill() else {
                rest = .none
                return nil
            }
            return take(.max)
        case .length(let length):
            guard try fill() else { throw .malformedAnswer("it ended \(length) bytes too early") }
            let piece = take(length)
            rest = piece.count == length ? .none : .length(length - piece.count)
            return piece
        case .chunk(let length):
            guard try fill() else { throw Self.endedEarly }
            let piece = take(length)
            if piece.count < length {
                rest = .chunk(length - piece.count)
            } else {
                try expectLineEnd()
                try startChunk()
            }
            return piece
        }
    }

    private mutating func startChunk() throws(ClientFailure) {
        var budget = 1024
        let line = try line(&budget)
        let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
        let text = String(decoding: digits, as: UTF8.self)
        // Fifteen digits fit. A sign is none.
        guard (1...15).contains(digits.count), digits.first.map({ $0 >= 0x30 }) == true,
            let length = Int(text, radix: 16)
        else { throw .malformedAnswer("'\(oneLine(line, limit: 60))' is not the size of a chunk") }
        rest = length == 0 ? .none : .chunk(length)
        // The trailer has nothing that is of use here.
        if length == 0 { _ = try lines() }
    }

    private mutating func expectLineEnd() throws(ClientFailure) {
        var budget = 2
        guard try line(&budget).isEmpty else { throw .malformedAnswer("a chunk is longer than its size") }
    }

    /// Lines up to an empty one.
    private mutating func lines() throws(ClientFailure) -> [[UInt8]] {
        var budget = Self.headLimit
        var lines: [[UInt8]] = []
        while case let line = try line(&budget), !line.isEmpty { lines.append(line) }
        return lines
    }

    /// A line without its end, for which bytes are taken from the budget. A bare LF ends a line too (RFC 9112
    /// section 2.2).
    private mutating func line(_ budget: inout Int) throws(ClientFailure) -> [UInt8] {
        var line: [UInt8] = []
        var isComplete = false
        while !isComplete {
            guard try fill() else { throw Self.endedEarly }
            let end = received[position...].firstIndex(of: UInt8(ascii: "\n"))
            isComplete = end != nil
            let piece = take((end ?? received.count) - position + (isComplete ? 1 : 0))
            budget -= piece.count
            guard budget >= 0 else { throw .malformedAnswer("a line or header in it is too long") }
            line += piece
        }
        line.removeLast()
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line
    }

    /// At most `limit` of the bytes that have arrived.
    private mutating func take(_ limit: Int) -> ArraySlice<UInt8> {
        let end = position + min(limit, received.count - position)
        defer { position = end }
        return received[position..<end]
    }

    /// Waits for bytes where none are left; false at the end of the stream.
    private mutating func fill() throws(ClientFailure) -> Bool {
        if hasBuffered { return true }
        received = try receive()
        position = 0
        return hasBuffered
    }

    private static let endedEarly = ClientFailure.malformedAnswer("it ended too early")
}
