/// The name of a field that comes more than once in a head and may not, in lower case; nil where there is none.
///
/// A field may come more than once where its value is a list, or it is one of a few that are known to (RFC 9110 section 5.3).
///
/// - Parameter names: the names of all fields, in any case.
public func repeatedField(among names: some Sequence<String>) -> String? {
    var seen = Set<String>()
    return names.lazy.map { $0.lowercased() }.first { !mayRepeat.contains($0) && !seen.insert($0).inserted }
}

private let mayRepeat: Set<String> = [
    "access-control-allow-headers", "access-control-allow-methods", "access-control-expose-headers", "allow",
    "cache-control",
    "content-encoding", "link", "server-timing", "set-cookie", "vary", "via", "www-authenticate",
]
