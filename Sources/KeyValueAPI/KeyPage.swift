import ByteBuffers
import HTTPMessages
import KeyValueStore

/// A page of keys that begin with a prefix: one a line, or an object with a list of them. Filled at first by an event loop, and
/// where that would take long by another thread.
///
/// `@unchecked Sendable`: one thread at a time uses it.
final class KeyPage: @unchecked Sendable {
    /// What one request goes over at most, in keys of average length: a few milliseconds' work. A page may so have fewer keys
    /// than asked for, also none, and yet a link to the next.
    private static let keysWalked = 10_000
    /// What an event loop goes over at most, and a step more.
    private static let keysWalkedPromptly = 200
    /// What a step costs that meets no key, in keys.
    private static let costOfStep = 8
    /// Bytes of a key that cost as much to hash as all else about it.
    private static let costlyKeyBytes = 256
    /// Bytes after which a page is full: it is kept until the client has read it.
    private static let pageBytes = 256 << 10

    let asJSON: Bool
    let limit: Int
    private let api: KeyValueAPI
    private let prefix: SharedBytes
    private var bytes: [UInt8] = []
    private var count = 0
    private var walked = 0
    /// Where the next page begins; nil where there is none.
    private(set) var next: ShardedStore.WalkPosition?

    init(
        _ api: KeyValueAPI, prefix: SharedBytes, limit: Int, from start: ShardedStore.WalkPosition, asJSON: Bool
    ) {
        self.api = api
        self.prefix = prefix
        self.limit = limit
        self.asJSON = asJSON
        next = start
        if asJSON { bytes.append(contentsOf: #"{"keys":["#.utf8) }
    }

    private var isFull: Bool { count >= limit || bytes.count >= Self.pageBytes }

    /// Fills the page, or goes on with that.
    ///
    /// - Parameters:
    ///   - isPrompt: whether to stop where it would take long.
    ///   - isGivenUp: whether nobody wants the page any more.
    /// - Returns: whether the page is done.
    func fill(isPrompt: Bool, isGivenUp: () -> Bool = { false }) -> Bool {
        while next != nil, !isFull, walked < Self.keysWalked, !isGivenUp() {
            if isPrompt, walked >= Self.keysWalkedPromptly { return false }
            if let place = step() {
                next = place
                break
            }
        }
        return true
    }

    /// Goes over the next few keys.
    ///
    /// - Returns: where the next page begins, if this one is full before the last of them.
    private func step() -> ShardedStore.WalkPosition? {
        let entries = api.store.nextEntries(from: &next)
        walked += entries.count + Self.costOfStep
        for (index, walkedEntry) in entries.enumerated() {
            walkedEntry.entry.key.withBorrowedBytes { key in
                walked += key.count / Self.costlyKeyBytes
                if prefix.withBorrowedBytes({ key.starts(with: $0) }) { append(key, walkedEntry.entry) }
            }
            // Keys of one hash have one place in the order, and stay together.
            let isLastOfPlace = index + 1 == entries.count || entries[index + 1].position != walkedEntry.position
            if isFull, isLastOfPlace, index + 1 < entries.count { return entries[index + 1].position }
        }
        return nil
    }

    private func append(_ key: BorrowedBytes, _ entry: Entry) {
        if asJSON {
            bytes.append(contentsOf: (count == 0 ? #"{"key":""# : #",{"key":""#).utf8)
            key.appendPercentEncoded(to: &bytes)
            let tag = EntityTag(nonce: api.nonce, version: entry.version).text.dropFirst().dropLast()
            let seconds = api.secondsLeft(of: entry).map { "\($0)" } ?? "null"
            bytes.append(contentsOf: #"","size":\#(entry.value.count),"etag":"\"\#(tag)\"","ttl":\#(seconds)}"#.utf8)
        } else {
            key.appendPercentEncoded(to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        count += 1
    }

    /// The page's content, with where the next one begins.
    func finish(cursor: String?) -> SharedBytes {
        if asJSON { bytes.append(contentsOf: "],\"cursor\":\(cursor.map { "\"\($0)\"" } ?? "null")}\n".utf8) }
        return SharedBytes(copying: bytes, storage: AnswerStorage.self)
    }
}
