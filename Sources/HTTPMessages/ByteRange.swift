public import ByteBuffers

/// Which bytes of a value a `Range` field asks for (RFC 9110 section 14).
public enum RangeSelection: Equatable, Sendable {
    /// All of them: because the field is malformed, or asks for several ranges or in another unit, and is ignored then; or
    /// because it asks for the last of no bytes, which are all that there are, but no field could say which.
    case whole
    /// These, at least one.
    case part(Range<Int>)
    /// None that exist.
    case unsatisfiable

    /// What `field` selects of `count` bytes: `bytes=` and one of `first-last`, `first-` and `-suffix`. Numbers may have any length. O(n).
    public init(_ field: BorrowedBytes, of count: Int) {
        guard let range = Self.onlyRange(in: field), let dash = range.firstPosition(of: UInt8(ascii: "-")) else {
            self = .whole
            return
        }
        let before = range.slice(0..<dash)
        let after = range.slice(dash + 1..<range.count)
        let first = before.isEmpty ? nil : before.saturatedNumber
        let last = after.isEmpty ? nil : after.saturatedNumber
        switch (first, last) {
        case (let first?, let last?) where first <= last && last < count: self = .part(first..<last + 1)
        case (let first?, let last?) where first > last: self = .whole
        // A number that cannot be read is as bad as none.
        case (_?, nil) where !after.isEmpty, (nil, _?) where !before.isEmpty, (nil, nil): self = .whole
        case (let first?, _): self = first < count ? .part(first..<count) : .unsatisfiable
        case (nil, 0?): self = .unsatisfiable
        case (nil, let suffix?): self = count > 0 ? .part(max(0, count - suffix)..<count) : .whole
        }
    }

    /// The range in a list of one, or nil. Empty elements of a list do not count (RFC 9110 section 5.6.1.2).
    private static func onlyRange(in field: BorrowedBytes) -> BorrowedBytes? {
        guard let equals = field.firstPosition(of: UInt8(ascii: "=")),
            field.slice(0..<equals).equalsIgnoringCase("bytes")
        else { return nil }
        var only: BorrowedBytes?
        for element in field.slice(equals + 1..<field.count).elements(separatedBy: UInt8(ascii: ","))
        where !element.isEmpty {
            guard only == nil else { return nil }
            only = element
        }
        return only
    }
}

extension BorrowedBytes {
    /// The number that these decimal digits stand for, or the greatest `Int` where it is greater; nil where there is no
    /// digit or something else. O(n).
    var saturatedNumber: Int? {
        if isEmpty { return nil }
        var number = 0
        for byte in self {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isStillTooLarge) = product.addingReportingOverflow(Int(byte - 0x30))
            number = isTooLarge || isStillTooLarge ? .max : sum
        }
        return number
    }
}
