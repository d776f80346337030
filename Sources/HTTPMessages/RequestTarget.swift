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
    public init(_ target: BorrowedBytes, method: Method) {
        let origin = Self.originForm(of: target, method)
        if let mark = origin.firstPosition(of: UInt8(ascii: "?")) {
            path = mark == 0 ? BorrowedBytes("/") : origin.slice(0..<mark)
            query = origin.slice(mark + 1..<origin.count)
        } else {
            path = origin
            query = nil
        }
    }

    private static func originForm(of target: BorrowedBytes, _ method: Method) -> BorrowedBytes {
        if target.first == UInt8(ascii: "/") || target == "*" { return target }
        let empty = target.slice(0..<0)
        let schemes: [StaticString] = ["http://", "https://"]
        for scheme in schemes where target.count >= scheme.utf8CodeUnitCount {
            let length = scheme.utf8CodeUnitCount
            guard target.slice(0..<length).equalsIgnoringCase(scheme) else { continue }
            let rest = target.slice(length..<target.count)
            guard let start = rest.firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }) else {
                return BorrowedBytes(method == .options ? "*" : "/")
            }
            return rest.slice(start..<rest.count)
        }
        return empty
    }
}
