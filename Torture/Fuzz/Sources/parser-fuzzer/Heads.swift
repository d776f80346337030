import ByteBuffers
import HTTPMessages

/// What the check lets through of a head that the library has taken apart is what RFC 9112 allows, byte for byte.
func fuzzHeads(_ input: BorrowedBytes) {
    let raw = Array(input)
    guard let isTaken = takenApart(raw) else { return }
    let seen = replacingUnseenLineEnds(raw)
    if isTaken { precondition(isStrict(seen), "a head that RFC 9112 does not allow is let through: \(quoted(raw))") }
    if isStrict(seen) { precondition(isTaken, "a head that RFC 9112 allows is refused: \(quoted(raw))") }
}

private func quoted(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self).debugDescription }

/// With CR LF for what of the library's leniency cannot be told from it, since it is overwritten by as many NULs: NUL LF at the end of a
/// line, and some four bytes at the end of the head.
private func replacingUnseenLineEnds(_ bytes: [UInt8]) -> [UInt8] {
    var seen = bytes
    if isUnseenEnd(bytes.suffix(4)) { seen.replaceSubrange(bytes.count - 4..<bytes.count, with: "\r\n\r\n".utf8) }
    for position in seen.indices.dropFirst() where seen[position] == 0x0a && seen[position - 1] == 0 {
        seen[position - 1] = 0x0d
    }
    return seen
}

/// Whether these end a line and the head. A line that begins with a NUL ends it, as C reads it, and so does one that begins with a
/// colon, once the name is cut off.
private func isUnseenEnd(_ bytes: ArraySlice<UInt8>) -> Bool {
    let (carriageReturn, lineFeed, colon): (UInt8, UInt8, UInt8) = (0x0d, 0x0a, 0x3a)
    let end = Array(bytes)
    guard end.count == 4, end[3] == lineFeed else { return false }
    switch (end[0], end[1], end[2]) {
    case (carriageReturn, lineFeed, carriageReturn), (carriageReturn, lineFeed, 0), (carriageReturn, lineFeed, colon),
        (0, lineFeed, carriageReturn), (0, lineFeed, 0), (0, lineFeed, colon):
        return true
    case (0, 0, lineFeed), (0, carriageReturn, lineFeed): return true
    case (lineFeed, 0, 0), (lineFeed, 0, carriageReturn), (lineFeed, colon, 0), (lineFeed, colon, carriageReturn):
        return true
    default: return false
    }
}

/// Takes a head apart in the memory that it lies in, as libmicrohttpd 0.9.75 does, and asks the check about it.
///
/// - Returns: nil where the library answers by itself, or where a line is folded, which the library moves elsewhere.
private func takenApart(_ raw: [UInt8]) -> Bool? {
    var bytes = raw + [0]
    guard let lines = overwriteLineEnds(&bytes, count: raw.count) else { return nil }
    return bytes.withUnsafeMutableBytes { memory in
        check(UnsafeMutableRawBufferPointer(memory), lines, headCount: raw.count)
    }
}

/// The starts of the lines before the empty one, which must be the last; each line's end is overwritten.
private func overwriteLineEnds(_ bytes: inout [UInt8], count: Int) -> [Range<Int>]? {
    var lines: [Range<Int>] = []
    var (start, position) = (0, 0)
    while position < count {
        let isLong = bytes[position] == 0x0d && position + 1 < count && bytes[position + 1] == 0x0a
        guard isLong || bytes[position] == 0x0a else {
            position += 1
            continue
        }
        let end = position
        for _ in 0..<(isLong ? 2 : 1) {
            bytes[position] = 0
            position += 1
        }
        // As C reads it, a line that begins with a NUL is empty, and with a colon there is one once the name is cut off.
        if bytes[start] == UInt8(ascii: ":") { bytes[start] = 0 }
        if bytes[start] == 0 { return position == count && !lines.isEmpty ? lines : nil }
        lines.append(start..<end)
        start = position
    }
    return nil
}

private func check(_ memory: UnsafeMutableRawBufferPointer, _ lines: [Range<Int>], headCount: Int) -> Bool? {
    guard let base = memory.baseAddress, let first = lines.first, let parts = requestLine(memory, first) else {
        return nil
    }
    let url = base + parts.url.lowerBound
    let targetBytes = UnsafeRawBufferPointer(rebasing: memory[parts.url])
    let target = BorrowedBytes(UnsafeRawBufferPointer(rebasing: targetBytes.prefix { $0 != 0 }))
    let method = UnsafeRawBufferPointer(rebasing: memory[parts.method].prefix { $0 != 0 })
    guard !method.isEmpty else { return nil }
    var check = HeadCheck(
        method: UnsafeRawBufferPointer(start: base, count: method.count), target: target,
        url: url.assumingMemoryBound(to: CChar.self),
        version: (base + parts.version).assumingMemoryBound(to: CChar.self), walksBlock: true)
    for line in lines.dropFirst() {
        let text = memory[line].prefix { $0 != 0 }
        if text.first == 0x20 || text.first == 0x09 { return nil }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        memory[colon] = 0
        var value = colon + 1
        while memory[value] == 0x20 || memory[value] == 0x09 { value += 1 }
        let valueEnd = memory[value...].firstIndex(of: 0) ?? value
        let name = UnsafeRawBufferPointer(start: base + line.lowerBound, count: colon - line.lowerBound)
        check.take(
            name, UnsafeRawBufferPointer(start: base + value, count: valueEnd - value),
            as: FieldName(BorrowedBytes(name)))
    }
    return check.problem(headCount: headCount, isKnownMethod: false) == nil
}

/// Where method, target and version are; nil where the library answers by itself.
private func requestLine(
    _ memory: UnsafeMutableRawBufferPointer, _ line: Range<Int>
) -> (method: Range<Int>, url: Range<Int>, version: Int)? {
    guard let space = memory[line].firstIndex(of: 0x20) else { return nil }
    memory[space] = 0
    var url = space + 1
    while url < line.upperBound, memory[url] == 0x20 { url += 1 }
    var last = line.upperBound - 1
    while last > url, memory[last] == 0x20 { last -= 1 }
    while last > url, memory[last] != 0x20 { last -= 1 }
    guard last > url else { return nil }
    memory[last] = 0
    let version = memory[last + 1..<line.upperBound]
    guard version.count == 8, version.starts(with: "HTTP/1.".utf8), let minor = version.last, minor >= 0x30,
        minor <= 0x39
    else { return nil }
    return (line.lowerBound..<space, url..<last, last + 1)
}

/// Whether RFC 9112 allows the head, with what this service asks of it. Written apart from the check.
private func isStrict(_ raw: [UInt8]) -> Bool {
    guard raw.suffix(4) == [0x0d, 0x0a, 0x0d, 0x0a] else { return false }
    var lines = split(raw.dropLast(4))
    let words = lines.removeFirst().split(separator: 0x20, omittingEmptySubsequences: false)
    guard words.count == 3, isToken(words[0]), !words[1].isEmpty,
        words[1].allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "#") }), hasHostIfAbsolute(words[1]),
        words[2].count == 8, words[2].starts(with: "HTTP/1.".utf8), let minor = words[2].last,
        (0x30...0x39).contains(minor)
    else { return false }
    var values: [String: [[UInt8]]] = [:]
    for line in lines {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), isToken(line[..<colon]),
            line[colon...].allSatisfy({ ($0 >= 0x20 && $0 != 0x7f) || $0 == 0x09 })
        else { return false }
        let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
        values[String(decoding: line[..<colon], as: UTF8.self).lowercased(), default: []].append(Array(value))
    }
    let lengths = values["content-length"] ?? []
    let codings = values["transfer-encoding"] ?? []
    let hosts = values["host"] ?? []
    if minor == 0x30 ? hosts.count > 1 || !codings.isEmpty : hosts.count != 1 { return false }
    guard hosts.allSatisfy({ isHostValue($0) }) else { return false }
    if lengths.count + codings.count > 1 { return false }
    return lengths.allSatisfy { (1...18).contains($0.count) && $0.allSatisfy { (0x30...0x39).contains($0) } }
        && codings.allSatisfy { String(decoding: $0, as: UTF8.self).lowercased() == "chunked" }
}

/// The lines between CR LF.
private func split(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var (start, position) = (bytes.startIndex, bytes.startIndex)
    while position + 1 < bytes.endIndex {
        if bytes[position] == 0x0d, bytes[position + 1] == 0x0a {
            lines.append(bytes[start..<position])
            position += 2
            start = position
        } else {
            position += 1
        }
    }
    return lines + [bytes[start...]]
}

private func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
    let marks = Set("!#$%&'*+-.^_`|~".utf8)
    return !bytes.isEmpty
        && bytes.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || marks.contains(byte)
        }
}
