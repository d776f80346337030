public import ByteBuffers

/// The value of a hexadecimal digit, or nil.
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
}

/// Why bytes could not be percent-decoded.
public enum PercentDecodingFailure: Error, Equatable, Sendable {
    /// The percent sign at this position is not followed by two hexadecimal digits.
    case malformedEscape(position: Int)
    /// More than this many bytes would come out.
    case tooLong(limit: Int)
}

extension BorrowedBytes {
    /// Calls `body` with the bytes, percent-decoded exactly once (RFC 3986 section 2.1). `+` stays `+`, and `%00` is a
    /// byte like others. O(n); without a copy where there is no percent sign, on the stack otherwise.
    @inlinable
    public func withPercentDecoded<Result: ~Copyable>(
        limit: Int, _ body: (Swift.Result<BorrowedBytes, PercentDecodingFailure>) -> Result
    ) -> Result {
        guard let firstEscape = firstPosition(of: UInt8(ascii: "%")) else {
            return body(count > limit ? .failure(.tooLong(limit: limit)) : .success(self))
        }
        return decoding(from: firstEscape, limit: limit, body)
    }

    @usableFromInline
    func decoding<Result: ~Copyable>(
        from firstEscape: Int, limit: Int, _ body: (Swift.Result<BorrowedBytes, PercentDecodingFailure>) -> Result
    ) -> Result {
        // At most three bytes encode one, so what is longer cannot fit; looking for malformed escapes first keeps the
        // answer the same whatever the length.
        if let malformed = malformedEscape(from: firstEscape) {
            return body(.failure(.malformedEscape(position: malformed)))
        }
        if count / 3 > limit { return body(.failure(.tooLong(limit: limit))) }
        // Unsafe: the buffer is handed on as a view that, like every `BorrowedBytes`, ends with the call.
        return unsafe withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { decoded in
            let length = unsafe decode(into: decoded)
            if length > limit { return body(.failure(.tooLong(limit: limit))) }
            return unsafe body(.success(BorrowedBytes(UnsafeRawBufferPointer(rebasing: decoded[0..<length]))))
        }
    }

    private func malformedEscape(from start: Int) -> Int? {
        var position = start
        while position < count {
            if self[position] == UInt8(ascii: "%") {
                guard position + 2 < count, hexDigit(self[position + 1]) != nil, hexDigit(self[position + 2]) != nil
                else { return position }
                position += 3
            } else {
                position += 1
            }
        }
        return nil
    }

    /// - Precondition: every escape is well-formed.
    private func decode(into decoded: UnsafeMutableRawBufferPointer) -> Int {
        var length = 0
        var position = 0
        while position < count {
            var byte = self[position]
            if byte == UInt8(ascii: "%") {
                byte = hexDigit(self[position + 1])! << 4 | hexDigit(self[position + 2])!
                position += 2
            }
            unsafe decoded[length] = byte
            length += 1
            position += 1
        }
        return length
    }
}
