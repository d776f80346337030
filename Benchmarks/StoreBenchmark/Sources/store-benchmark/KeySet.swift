import ByteBuffers
import Glibc

/// The keys "user:00000000" and so on, each in an allocation of its own, as the peer has them. Never freed.
struct KeySet: @unchecked Sendable {
    // `@unchecked`: written once, before it is shared.
    static let count = 100_000

    private let keys: UnsafeMutablePointer<BorrowedBytes>

    init() {
        keys = .allocate(capacity: Self.count)
        for index in 0..<Self.count { (keys + index).initialize(to: Self.key(index)) }
    }

    @inline(__always)
    subscript(position: Int) -> BorrowedBytes { keys[position] }

    private static func key(_ index: Int) -> BorrowedBytes {
        // `allocate` asks for an alignment, and what is cut off for that lies between the keys.
        let bytes = UnsafeMutableRawBufferPointer(start: malloc(13)!, count: 13)
        bytes.copyBytes(from: "user:".utf8)
        var rest = index
        for position in (5..<13).reversed() {
            bytes[position] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        return BorrowedBytes(UnsafeRawBufferPointer(bytes))
    }
}

/// The values, all of one size.
enum Value {
    static let count = 100

    /// `builder` with a value of so many of one byte behind what it has.
    @inline(__always)
    static func append(to builder: consuming BytesBuilder, filledWith byte: UInt8) -> BytesBuilder {
        builder.append(length: count) { _ = memset($0.baseAddress!, Int32(byte), $0.count) }
        return builder
    }
}
