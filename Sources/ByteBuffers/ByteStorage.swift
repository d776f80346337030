/// One heap allocation: the object's header with its reference count, and raw bytes right behind it.
///
/// The bytes are written only while a single `BytesBuilder`, or whoever has just frozen one and not yet shared it,
/// holds the storage; from then on they are immutable, whichever thread reads them.
/// On that rule, which the builder's uniqueness (`~Copyable`) enforces, rests that its users are `@unchecked Sendable`;
/// `ManagedBuffer` itself cannot be.
public final class ByteStorage: ManagedBuffer<Void, UInt8> {
    /// Allocates storage for `capacity` bytes, uninitialised. One `malloc`.
    @inlinable
    public static func allocate(capacity: Int) -> ByteStorage {
        // `create` returns the class it is called on, typed as its superclass.
        unsafeDowncast(ByteStorage.create(minimumCapacity: capacity) { _ in () }, to: ByteStorage.self)
    }

    /// The first byte. Valid for as long as the caller keeps the storage alive.
    @inlinable
    public var bytes: UnsafeMutableRawPointer {
        withUnsafeMutablePointerToElements { UnsafeMutableRawPointer($0) }
    }
}
