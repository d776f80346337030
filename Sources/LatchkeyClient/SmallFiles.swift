import HTTPMessages

extension InputFile {
    /// All that is left of the file. Fails where that is more than `limit` bytes.
    public func whole(limit: Int) throws(ClientFailure) -> [UInt8] {
        var content: [UInt8] = []
        while case let piece = try read(), !piece.isEmpty {
            content += piece
            guard content.count <= limit else { throw .fileTooLong(name: name, limit: limit) }
        }
        return content
    }

    /// The first token in the file, which has one a line. Fails where it has none.
    public func firstToken() throws(ClientFailure) -> [UInt8] {
        let content = try whole(limit: 1 << 17)
        do throws(TokenList.Malformation) {
            return try TokenList(content).tokens[0]
        } catch {
            throw .unusableToken(name: name, reason: error.description)
        }
    }
}
