/// One heap allocation: the object's header with its reference count, and raw bytes right behind it.
///
/// The bytes are written only while a single `BytesBuilder`, or whoever has just frozen one and not yet shared it,
/// holds the storage; from then on they are immutable, whichever thread reads them.
/// On that rule, which the builder's uniqueness (`~Copyable`) enforces, rests that its users are `@unchecked Sendable`;
/// `ManagedBuffer` itself cannot be.
///
/// Open for those who want to know when the bytes are freed: a subclass may have a `deinit`, and no stored properties.
open class ByteStorage: ManagedBuffer<Void, UInt8> {
    /// Allocates storage of this class for `capacity` bytes, uninitialised. One `malloc`.
    @inlinable
    public final class func allocate(capacity: Int) -> ByteStorage {
        // `create` returns the class it is called on, typed as its superclass.
        unsafeDowncast(create(minimumCapacity: capacity) { _ in () }, to: ByteStorage.self)
    }

    /// The first byte. Valid for as long as the caller keeps the storage alive.
    @inlinable
    public final var bytes: UnsafeMutableRawPointer {
        withUnsafeMutablePointerToElements { UnsafeMutableRawPointer($0) }
    }
}
