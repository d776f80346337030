import ByteBuffers

/// Values that a browser runs when it shows them: pages, and documents of XML, which may have scripts in them.
enum ActiveContent {
    /// Gives such a page an origin of its own: it runs, and is to this service as a page of another site is.
    static let policy: StaticString = "sandbox allow-scripts allow-forms allow-popups"
    static let policyName: StaticString = "Content-Security-Policy"
}

extension BorrowedBytes {
    /// Whether a browser runs what has this `Content-Type`. Where browsers read the field more loosely than it is defined
    /// (RFC 9110 section 8.3), as they do: it counts as a list of types, of which the last one holds, and a type ends with a
    /// space or a parenthesis, too. O(n).
    var isTypeOfActiveContent: Bool {
        var start = 0
        while start < count {
            let rest = slice(start..<count)
            // Also within quotation marks, where browsers do not agree.
            let length = rest.firstPosition(of: UInt8(ascii: ",")) ?? rest.count
            if rest.slice(0..<length).trimmed.isActiveType { return true }
            start += length + 1
        }
        return false
    }

    private var isActiveType: Bool {
        let end = firstIndex { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: "(") } ?? count
        let type = slice(0..<end)
        return type.equalsIgnoringCase("text/html") || type.equalsIgnoringCase("text/xsl")
            || type.ends(with: "/xml") || type.ends(with: "+xml")
            // Firefox shows each part of `multipart/x-mixed-replace` as a document of the type that the part says.
            || (type.count > 10 && type.slice(0..<10).equalsIgnoringCase("multipart/"))
    }

    private func ends(with literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        return count > length && slice(count - length..<count).equalsIgnoringCase(literal)
    }
}

extension StoredContent {
    /// Whether the lines that the value is kept with have `ActiveContent.policy`, behind the type that it is for.
    var isSandboxed: Bool {
        guard hasLines else { return false }
        var isSandboxed = false
        withLines { lines in
            let rest = lines.slice(2..<lines.count)
            if let end = rest.firstPosition(of: UInt8(ascii: "\r")) {
                isSandboxed = rest.slice(end..<rest.count).starts(with: "\r\nContent-Security-Policy: ")
            }
        }
        return isSandboxed
    }
}
