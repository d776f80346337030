public import ByteBuffers

/// The parts of a request target, still percent-encoded (RFC 9112 section 3.2).
public struct RequestTarget: Sendable {
    /// From the first `/` on; `*` for the asterisk form; empty where the target has none.
    public let path: BorrowedBytes
    /// What follows the first `?`, or nil where there is none.
    public let query: BorrowedBytes?

    /// Takes `target` apart: origin form, absolute form (whose scheme and authority are skipped) or asterisk form. O(n).
    ///
    /// An absolute form without a path means `/`; in an OPTIONS request that has no query either, it stands for `*` (RFC
    /// 9112 section 3.2.4).
    ///
    /// - Parameter mayHaveQuery: false where the caller has seen that there is no `?`.
    @inline(__always)
    public init(_ target: BorrowedBytes, method: Method, mayHaveQuery: Bool = true) {
        // Nearly all.
        if !mayHaveQuery, target.first == UInt8(ascii: "/") {
            path = target
            query = nil
        } else {
            self = Self.takenApart(target, method)
        }
    }

    private init(path: BorrowedBytes, query: BorrowedBytes?) {
        self.path = path
        self.query = query
    }

    @inline(never)
    private static func takenApart(_ target: BorrowedBytes, _ method: Method) -> RequestTarget {
        let origin = originForm(of: target, method)
        guard let mark = origin.firstPosition(of: UInt8(ascii: "?")) else {
            return RequestTarget(path: origin, query: nil)
        }
        let path = mark == 0 ? BorrowedBytes("/") : origin.slice(0..<mark)
        return RequestTarget(path: path, query: origin.slice(mark + 1..<origin.count))
    }

    private static func originForm(of target: BorrowedBytes, _ method: Method) -> BorrowedBytes {
        if target.first == UInt8(ascii: "/") || target == "*" { return target }
        guard let rest = absoluteForm(of: target)?.rest else { return target.slice(0..<0) }
        return rest.isEmpty ? BorrowedBytes(method == .options ? "*" : "/") : rest
    }

    /// The authority of a target in absolute form (RFC 9112 section 3.2.2), which counts instead of what `Host` says; nil for
    /// other forms. O(n).
    package static func authority(of target: BorrowedBytes) -> BorrowedBytes? { absoluteForm(of: target)?.authority }

    /// What is between the scheme and the path, and the path with the query; nil where the target is not in absolute form.
    private static func absoluteForm(of target: BorrowedBytes) -> (authority: BorrowedBytes, rest: BorrowedBytes)? {
        let schemes: [StaticString] = ["http://", "https://"]
        for scheme in schemes where target.count >= scheme.utf8CodeUnitCount {
            let length = scheme.utf8CodeUnitCount
            guard target.slice(0..<length).equalsIgnoringCase(scheme) else { continue }
            let start =
                target.dropFirst(length).firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
                ?? target.count
            return (target.slice(length..<start), target.slice(start..<target.count))
        }
        return nil
    }
}
