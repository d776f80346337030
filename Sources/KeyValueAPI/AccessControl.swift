import ByteBuffers
public import HTTPMessages
import Synchronization

/// Who may read and who may write: the tokens that let in, which can be exchanged while requests are served.
@safe public final class AccessControl: Sendable {
    /// Read by all threads at once, so without a lock and without a count of references. Each table keeps the one before it,
    /// for a thread that has still to do with that one; they are small, and exchanged by hand.
    private let current: Atomic<Unmanaged<Tables>>

    private final class Tables: Sendable {
        let writers: TokenTable
        let readers: TokenTable
        let previous: Tables?

        init(writers: TokenTable, readers: TokenTable, previous: Tables?) {
            self.writers = writers
            self.readers = readers
            self.previous = previous
        }
    }

    /// What the one who sent a request may do.
    enum Standing {
        /// Nothing: no token has been shown.
        case stranger
        /// Nothing: what was shown is none of the tokens.
        case impostor
        case reader
        case writer
    }

    /// Lets those write, and read, who show one of the first tokens; and those read who show one of the others.
    public init(writers: TokenList, readers: TokenList?) {
        let tables = Tables(writers: TokenTable(writers), readers: TokenTable(readers), previous: nil)
        // Unsafe: released in `deinit`.
        unsafe current = unsafe Atomic(Unmanaged.passRetained(tables))
    }

    // Unsafe: nobody calls any more, and the tables before go with the last.
    deinit { unsafe current.load(ordering: .acquiring).release() }

    /// Exchanges the tokens, from the next request on. Not to be called from two threads at once.
    public func replace(writers: TokenList, readers: TokenList?) {
        let (writers, readers) = (TokenTable(writers), TokenTable(readers))
        // Unsafe: this class has a reference, which the new tables take over.
        let previous = unsafe current.load(ordering: .acquiring)
        // Or each look at unchanged files would leave a table behind.
        let isSame = unsafe previous._withUnsafeGuaranteedRef { $0.writers == writers && $0.readers == readers }
        if isSame { return }
        let tables = unsafe Tables(writers: writers, readers: readers, previous: previous.takeRetainedValue())
        unsafe current.store(Unmanaged.passRetained(tables), ordering: .releasing)
    }

    /// What the sender of `request` may do. O(tokens); takes no lock and allocates nothing.
    func standing(of request: Request) -> Standing {
        switch request.credentials {
        case .none: return .stranger
        case .malformed: return .impostor
        case .bearer(let text):
            guard let token = PaddedToken(text) else { return .impostor }
            // Unsafe: tables live as long as this class. All of them are looked through, whatever is found.
            let (isWriter, isReader) = unsafe current.load(ordering: .acquiring)._withUnsafeGuaranteedRef {
                ($0.writers.contains(token), $0.readers.contains(token))
            }
            return isWriter ? .writer : isReader ? .reader : .impostor
        }
    }
}
