import ByteBuffers
import CMicroHTTPD
import Glibc
import HTTPMessages

/// Whether a request's head is what the library took it for, and says once how long its content is.
///
/// libmicrohttpd before 1.0 takes more for a head than RFC 9112 does: two lengths, a bare LF at the end of a line, a NUL at the
/// start of one, a line that is folded, white space before a colon. Where somebody in front of the service takes the same bytes
/// for something else, a request can be smuggled past him (RFC 9112 section 11.2). But the library hands out pointers into
/// the one block that the head was received in, where it only has overwritten ends by NULs. So who sees where each name and
/// value begins knows what stood between them (`Engine.HeadCheckMethod`).
struct HeadCheck {
    /// Where the next field's name begins if all before it was as it must be; nil where the block is not walked.
    private var expected: UnsafeRawPointer?
    private let start: UnsafeRawPointer
    private let method: UnsafeRawBufferPointer
    private let isCurrentVersion: Bool
    private var flaw: Flaw?
    private var hostCount = 0
    /// The last `Host`, of which there must be one; empty where there is none.
    private(set) var host = BorrowedBytes("")
    private var lengthCount = 0
    private var codingCount = 0

    private enum Flaw: String {
        case requestLine = "the request line is not a method, a target and a version with one space between them"
        case fragment = "'#' in the target: a fragment is no part of a request; in a key it is written %23"
        case fieldLine = "a field line is not a name, a colon and a value, or does not end in CR LF"
        case length = "Content-Length is not one number of at most 18 digits"
        case coding = "Transfer-Encoding is not chunked"
        case twoFramings = "the length of the content is told in two ways"
        case codingInOldVersion = "Transfer-Encoding in HTTP/1.0"
        case host = "there is not exactly one Host"
        case hostValue = "Host is not a host, with a port or without"
        case authority = "the target's authority is not a host, with a port or without"
    }

    /// Begins with the request line (RFC 9112 section 3).
    ///
    /// - Parameters:
    ///   - method: its name, where the library has it.
    ///   - target: the target as it came.
    ///   - url, version: as the library has them.
    ///   - walksBlock: whether the block is walked.
    init(
        method: UnsafeRawBufferPointer, target: BorrowedBytes, url: UnsafePointer<CChar>, version: UnsafePointer<CChar>,
        walksBlock: Bool
    ) {
        // The library's method is never nil: at worst it is empty.
        start = method.baseAddress!
        self.method = method
        let version = UnsafeRawPointer(version)
        // "HTTP/1.", then a digit and a NUL: the library has answered other versions by itself.
        isCurrentVersion = version.load(fromByteOffset: 7, as: UInt8.self) != UInt8(ascii: "0")
        guard !target.isEmpty, !target.breaksTarget else {
            flaw = Self.flaw(of: target)
            return
        }
        if target[0] != UInt8(ascii: "/") { flaw = Self.flaw(ofAuthorityIn: target) }
        guard walksBlock else { return }
        expected = version + Self.versionCount + Self.endCount
        if UnsafeRawPointer(url) != start + method.count + 1 || version != UnsafeRawPointer(url) + target.count + 1 {
            flaw = .requestLine
        }
    }

    /// `strlen`, at once for the methods of nearly all requests.
    @inline(__always)
    static func length(ofMethod name: UnsafePointer<CChar>) -> Int {
        // Four bytes are there: behind the method lies the target.
        switch UnsafeRawPointer(name).loadUnaligned(as: UInt32.self) {
        case 0x0054_4547, 0x0054_5550: 3  // GET, PUT
        default: strlen(name)
        }
    }

    /// What is wrong with a target that is empty, or has a byte in it that none has.
    @inline(never)
    private static func flaw(of target: BorrowedBytes) -> Flaw {
        let isFragmentAlone = target.contains(UInt8(ascii: "#")) && !target.contains { $0 <= 0x20 || $0 == 0x7f }
        return isFragmentAlone ? .fragment : .requestLine
    }

    /// A target in absolute form names the host that the request is for (RFC 9112 section 3.2.2), and no user (RFC 9110 section 4.2.4).
    @inline(never)
    private static func flaw(ofAuthorityIn target: BorrowedBytes) -> Flaw? {
        guard let authority = RequestTarget.authority(of: target) else { return nil }
        return authority.isHostAndPort ? nil : .authority
    }

    private static let versionCount = 8
    /// CR LF.
    private static let endCount = 2

    /// Takes the next field line (RFC 9112 section 5). O(bytes).
    ///
    /// - Parameter known: the field of that name, where it is one that the service acts on.
    @inline(__always)
    mutating func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, as known: FieldName?) {
        guard let nameStart = name.baseAddress, let valueStart = value.baseAddress else { return }
        let (nameBytes, valueBytes) = (BorrowedBytes(name), BorrowedBytes(value))
        // The names of most fields are known, and known to be tokens; of metadata only the beginning is.
        let isToken = (known != nil && known != .metadata) || nameBytes.isToken
        // A length is looked at as a number, and a host as such, below.
        let isLookedAtBelow = known == .contentLength || known == .host
        if !isToken || (!isLookedAtBelow && valueBytes.breaksFieldLine) { flaw = flaw ?? .fieldLine }
        if let expected {
            var end = nameStart + name.count + 1
            while end < valueStart, end.load(as: UInt8.self) == 0x20 || end.load(as: UInt8.self) == 0x09 { end += 1 }
            if nameStart != expected || end != valueStart { flaw = flaw ?? .fieldLine }
            self.expected = valueStart + value.count + Self.endCount
        }
        if known == .host {
            takeHost(valueBytes.trimmed)
        } else if known == .contentLength {
            takeLength(valueBytes)
        } else if nameBytes.equalsIgnoringCase("transfer-encoding") {
            takeCoding(valueBytes)
        }
    }

    /// It may be empty (RFC 9112 section 3.2).
    @inline(__always)
    private mutating func takeHost(_ value: BorrowedBytes) {
        hostCount += 1
        host = value
        if !value.isEmpty, !value.isHostAndPort { flaw = flaw ?? .hostValue }
    }

    private mutating func takeLength(_ value: BorrowedBytes) {
        lengthCount += 1
        let isNumber = (1...18).contains(value.count) && value.isNumber
        if !isNumber || lengthCount > 1 { flaw = flaw ?? .length }
    }

    /// With white space behind it the library knows no coding, and would wait for the connection's end.
    private mutating func takeCoding(_ value: BorrowedBytes) {
        codingCount += 1
        if codingCount > 1 || !value.equalsIgnoringCase("chunked") { flaw = flaw ?? .coding }
    }

    /// Whether the content comes in chunks.
    var isChunked: Bool { codingCount > 0 }

    /// What is wrong with the head, after all field lines; nil if nothing is.
    ///
    /// - Parameters:
    ///   - headCount: its length up to the empty line's end (`MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE`).
    ///   - isKnownMethod: whether the method needs no look for what may not be in one.
    func problem(headCount: Int, isKnownMethod: Bool) -> Problem? {
        var flaw = flaw
        if !isKnownMethod, !BorrowedBytes(method).isToken { flaw = flaw ?? .requestLine }
        if let expected, flaw == nil {
            // All that is left is the last line's end and the empty line, and the library has overwritten both by NULs.
            let isWhole = expected + Self.endCount == start + headCount
            if !isWhole || (expected - Self.endCount).loadUnaligned(as: UInt32.self) != 0 { flaw = .fieldLine }
        }
        if flaw == nil || flaw == .coding {
            if codingCount > 0 && lengthCount > 0 { flaw = .twoFramings }
            if codingCount > 0 && !isCurrentVersion { flaw = .codingInOldVersion }
        }
        if flaw == nil, isCurrentVersion ? hostCount != 1 : hostCount > 1 { flaw = .host }
        return flaw.map { Problem($0 == .coding ? .notImplemented : .badRequest, $0.rawValue) }
    }
}

extension BorrowedBytes {
    /// Whether these are digits.
    fileprivate var isNumber: Bool {
        for position in 0..<count where self[position] &- 0x30 > 9 { return false }
        return true
    }
}
