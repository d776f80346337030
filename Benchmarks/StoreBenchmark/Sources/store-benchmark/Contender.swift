import ByteBuffers

/// A store, as the mixes use it.
protocol Contender: Sendable {
    /// The size of the value, of which a reference is taken; 0 where the key is missing.
    func read(_ key: BorrowedBytes) -> Int
    /// Writes a new value under the key.
    func insert(_ key: BorrowedBytes, filledWith byte: UInt8)
    /// Writes a new value if the key is there.
    func update(_ key: BorrowedBytes, filledWith byte: UInt8)
    /// Removes the key.
    func remove(_ key: BorrowedBytes)
}

/// A store that is asked by messages. As `Contender`.
protocol MessageContender: Sendable {
    func read(_ key: BorrowedBytes) async -> Int
    func insert(_ key: BorrowedBytes, filledWith byte: UInt8) async
    func update(_ key: BorrowedBytes, filledWith byte: UInt8) async
    func remove(_ key: BorrowedBytes) async
}
