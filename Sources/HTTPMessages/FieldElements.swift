import ByteBuffers

/// The parts of a field's value between separators, without white space at both ends. A separator in a quoted string (RFC
/// 9110 section 5.6.4) is no separator; a string that is not closed reaches to the end. O(n) altogether.
struct FieldElements: Sequence, IteratorProtocol {
    private let separator: UInt8
    /// What has not been given out; nil after the last part.
    private var rest: BorrowedBytes?

    fileprivate init(_ value: BorrowedBytes, separator: UInt8) {
        rest = value
        self.separator = separator
    }

    mutating func next() -> BorrowedBytes? {
        guard let value = rest else { return nil }
        let end = value.endOfElement(separator: separator)
        rest = end < value.count ? value.slice(end + 1..<value.count) : nil
        return value.slice(0..<end).trimmed
    }
}

extension BorrowedBytes {
    /// The parts between each `separator`, one more than there are separators; some may be empty.
    func elements(separatedBy separator: UInt8) -> FieldElements { FieldElements(self, separator: separator) }

    fileprivate func endOfElement(separator: UInt8) -> Int {
        var isQuoted = false
        var position = 0
        while position < count {
            switch self[position] {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "\\") where isQuoted: position += 1
            case separator where !isQuoted: return position
            default: break
            }
            position += 1
        }
        return count
    }
}
