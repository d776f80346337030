public import ByteBuffers
import CZlib

/// How much time compression takes for how small a result.
public enum CompressionLevel: Int32, Sendable {
    /// For what is made anew for each request.
    case fast = 1
    /// For what is made once.
    case small = 9
}

/// `content` in the gzip format (RFC 1952); nil where zlib has no memory. O(n). `deflate`.
public func gzip(_ content: SharedBytes, level: CompressionLevel) -> SharedBytes? {
    var stream = z_stream()
    guard latchkey_begin_gzip(&stream, level.rawValue) == Z_OK else { return nil }
    defer { deflateEnd(&stream) }
    let bound = Int(deflateBound(&stream, UInt(content.count)))
    return content.withBorrowedBytes { content in
        content.withUnsafeBytes { source in
            withUnsafeTemporaryAllocation(byteCount: bound, alignment: 1) { result in
                // zlib reads this input and does not write it, whatever its type says.
                stream.next_in = UnsafeMutablePointer(mutating: source.bindMemory(to: UInt8.self).baseAddress)
                stream.avail_in = UInt32(source.count)
                stream.next_out = result.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(bound)
                // In one call, since the bound leaves room for all of it.
                guard deflate(&stream, Z_FINISH) == Z_STREAM_END else { return nil }
                return SharedBytes(copying: result[0..<(bound - Int(stream.avail_out))])
            }
        }
    }
}
