/// A scrape, taken apart.
struct Metrics {
    let contentType: String?
    /// By name and labels, as they are written.
    private(set) var values: [String: Double] = [:]

    /// - Parameter answer: a whole response, or its content alone.
    init(_ answer: String) {
        let lines = answer.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // In Swift, a carriage return and a line feed are one character.
        let head = answer.components("\r\n\r\n").first ?? ""
        contentType = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Type: ") }
            .map { String($0.dropFirst("Content-Type: ".count)) }
        for line in lines where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                continue
            }
            values[String(line[..<space])] = value
        }
    }

    subscript(series: String) -> Double? { values[series] }

    func sum(_ family: String) -> Double {
        values.filter { $0.key.hasPrefix(family + "{") }.reduce(0) { $0 + $1.value }
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [Substring] { split(separator: separator) }
}
