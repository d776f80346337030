import HTTPMessages

extension InputFile {
    /// The first token in the file, which has one a line. Fails where it has none.
    public func firstToken() throws(ClientFailure) -> [UInt8] {
        let limit = 1 << 17
        var content: [UInt8] = []
        while case let piece = try read(), !piece.isEmpty {
            content += piece
            guard content.count <= limit else {
                throw .unusableToken(name: name, reason: "longer than \(limit) bytes")
            }
        }
        do throws(TokenList.Malformation) {
            return try TokenList(content).tokens[0]
        } catch {
            throw .unusableToken(name: name, reason: error.description)
        }
    }
}
