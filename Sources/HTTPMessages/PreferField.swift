import ByteBuffers

// What `Prefer` asks for (RFC 7240). Of a preference that stands several times the first counts, as section 2 wants.
extension Request {
    /// The longest wait that is granted, in seconds.
    public static let maximumWait = 300

    /// How many seconds the client would wait for an answer (section 4.3), at most `maximumWait`; nil where it does not say
    /// or what it says is not a number. O(n) in the fields.
    public var preferredWait: Int? {
        value(ofPreference: "wait")?.saturatedNumber.map { min($0, Self.maximumWait) }
    }

    /// Whether the client asks for the preference `token`, which is in lower case and takes no value. O(n) in the fields.
    public func prefers(_ token: StaticString) -> Bool {
        // Section 2: an empty value is no value.
        value(ofPreference: token).map { $0.isEmpty || $0 == "\"\"" } ?? false
    }

    /// The value of the first such preference, as it came, or nil where there is none; its parameters are of no interest.
    private func value(ofPreference token: StaticString) -> BorrowedBytes? {
        for field in fields where field.name == .prefer {
            for element in field.value.elements(separatedBy: UInt8(ascii: ",")) {
                var parts = element.elements(separatedBy: UInt8(ascii: ";"))
                guard let preference = parts.next() else { continue }
                let equals = preference.firstPosition(of: UInt8(ascii: "=")) ?? preference.count
                guard preference.slice(0..<equals).trimmed.equalsIgnoringCase(token) else { continue }
                return preference.slice(min(equals + 1, preference.count)..<preference.count).trimmed
            }
        }
        return nil
    }
}
