import ByteBuffers
import CMicroHTTPD
import Glibc
import HTTPMessages

/// Response objects that are kept and written over, for answers that are small: nearly all.
///
/// Making one of libmicrohttpd's response objects costs five allocations and a fifth of a small request's time. So each
/// event loop keeps some, by the two lengths that are fixed in them: of the content and of the field lines. Content up to
/// `maximumContentCount` is copied, which is far cheaper than an object made anew around the entry's memory.
///
/// Used by one event loop's thread alone.
struct ReadyResponses: ~Copyable {
    /// Content above this is sent from the entry instead, without a copy. In bytes.
    static let maximumContentCount = 2048
    /// Places for pairs of lengths, and objects kept in each.
    private static let placeCount = 64
    private static let depth = 16

    /// A response object with the memory that it sends from.
    struct Item {
        let response: OpaquePointer
        fileprivate let content: UnsafeMutableRawPointer
        fileprivate let lines: UnsafeMutableRawPointer
        fileprivate let contentCount: Int
        fileprivate let lineCount: Int

        /// The content that is being sent.
        var sentContent: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: content, count: contentCount) }

        /// Writes what is to be sent. Only while nothing is being sent from it.
        @inline(__always)
        func fill(content source: BorrowedBytes, lines: BorrowedBytes) {
            precondition(source.count == contentCount && lines.count == lineCount)
            source.withUnsafeBytes {
                if let start = $0.baseAddress { content.copyMemory(from: start, byteCount: $0.count) }
            }
            lines.withUnsafeBytes { self.lines.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        }
    }

    private let items = UnsafeMutablePointer<Item>.allocate(capacity: placeCount * depth)
    private let counts = UnsafeMutablePointer<Int>.allocate(capacity: placeCount)

    init() { counts.initialize(repeating: 0, count: Self.placeCount) }

    deinit {
        for place in 0..<Self.placeCount { empty(place) }
        items.deallocate()
        counts.deallocate()
    }

    /// A response object for content and field lines of these lengths, the caller's until it is given back. O(1); nil
    /// where the library cannot make one.
    @inline(__always)
    func take(contentCount: Int, lineCount: Int) -> Item? {
        let place = Self.place(contentCount, lineCount)
        let last = counts[place] - 1
        if last >= 0 {
            let item = items[place * Self.depth + last]
            if item.contentCount == contentCount && item.lineCount == lineCount {
                counts[place] = last
                return item
            }
        }
        return Self.make(contentCount, lineCount)
    }

    /// Takes an object back from which nothing will be sent any more. O(1).
    @inline(__always)
    func giveBack(_ item: Item) {
        let place = Self.place(item.contentCount, item.lineCount)
        let count = counts[place]
        if count > 0 {
            let other = items[place * Self.depth]
            if other.contentCount != item.contentCount || other.lineCount != item.lineCount {
                empty(place)
            } else if count == Self.depth {
                MHD_destroy_response(item.response)
                return
            }
        }
        (items + place * Self.depth + counts[place]).initialize(to: item)
        counts[place] += 1
    }

    private func empty(_ place: Int) {
        for index in 0..<counts[place] { MHD_destroy_response(items[place * Self.depth + index].response) }
        counts[place] = 0
    }

    @inline(__always)
    private static func place(_ contentCount: Int, _ lineCount: Int) -> Int {
        (contentCount &* 31 &+ lineCount) & (placeCount - 1)
    }

    @inline(never)
    private static func make(_ contentCount: Int, _ lineCount: Int) -> Item? {
        // The library frees the content together with the object.
        guard let content = malloc(max(1, contentCount)) else { return nil }
        guard let response = MHD_create_response_from_buffer(contentCount, content, .RESPMEM_MUST_FREE) else {
            free(content)
            return nil
        }
        guard let lines = addPlaceholder(lineCount, to: response) else {
            MHD_destroy_response(response)
            return nil
        }
        return Item(
            response: response, content: content, lines: lines, contentCount: contentCount, lineCount: lineCount)
    }
}
