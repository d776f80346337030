import ByteBuffers
import HTTPMessages

extension ServiceURL {
    /// The request target of a key, which is 1 or more bytes of any kind; with the time after which its value is to
    /// expire, in seconds, which is sent as it is for the server to judge. O(n).
    public func target(key: [UInt8], timeToLive: [UInt8]? = nil) -> String {
        prefix + "/keys/" + percentEncoded(key) + (timeToLive.map { "?ttl=" + percentEncoded($0) } ?? "")
    }

    /// The request target of the list of keys, with this query.
    func listTarget(query: String) -> String { prefix + "/keys/?" + query }
}

/// `bytes` as they stand in a target as a key, or as a value in a query, where a slash is free to stand as well (RFC 3986
/// section 3.4). O(n).
func percentEncoded(_ bytes: [UInt8]) -> String {
    var encoded: [UInt8] = []
    // Unsafe: the view does not outlive the call.
    unsafe bytes.withUnsafeBytes { unsafe BorrowedBytes($0).appendPercentEncoded(to: &encoded) }
    return String(decoding: encoded, as: UTF8.self)
}
