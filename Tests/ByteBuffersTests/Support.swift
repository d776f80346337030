import ByteBuffers

/// What is left of a storage when nobody in the test owns it.
struct WeakStorage {
    private(set) weak var storage: ByteStorage?

    init(_ bytes: SharedBytes) { storage = bytes.storage }

    var isFreed: Bool { storage == nil }
}

extension SharedBytes {
    init(_ text: String) { self.init(copying: Array(text.utf8)) }

    var array: [UInt8] { withBorrowedBytes { Array($0) } }

    var address: UnsafeRawPointer? { withBorrowedBytes { $0.withUnsafeBytes { $0.baseAddress } } }
}

extension BytesBuilder {
    mutating func append(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { append(BorrowedBytes($0)) }
    }
}

/// Calls `body` with a view of `bytes`.
func borrowing<Result>(_ bytes: [UInt8], _ body: (BorrowedBytes) throws -> Result) rethrows -> Result {
    try bytes.withUnsafeBytes { try body(BorrowedBytes($0)) }
}
