/// An answer whose content is read as it is wanted. Blocks. The connection ends with it.
public final class ClientResponse {
    /// The status and the fields.
    public let head: ResponseHead
    private var reader: ResponseReader

    init(_ head: ResponseHead, _ reader: ResponseReader) {
        self.head = head
        self.reader = reader
    }

    /// The next bytes of the content, at least one; nil at its end.
    public func nextPiece() throws(ClientFailure) -> ArraySlice<UInt8>? { try reader.nextPiece() }

    /// Fails with the server's own words unless the status is one of these.
    public func require(_ statuses: Int...) throws(ClientFailure) {
        guard !statuses.contains(head.status) else { return }
        var message: [UInt8] = []
        // Of a success, the content is no message. And the status says more than a message that does not arrive would.
        while head.status >= 300, message.count < 1024, let piece = try? nextPiece() { message += piece }
        throw .refused(status: head.status, reason: head.reason, message: oneLine(message))
    }

    /// The value's entity tag, with its quotes (RFC 9110 section 8.8.3); nil where the server tells none.
    public var entityTag: String? { head.values("etag").first }
}
