import ByteBuffers
import CMicroHTTPD
import Glibc
import HTTPMessages
import Locks
import Sockets
import Synchronization
import TransportSecurity

/// What is known of one connection and of the request that is on it.
///
/// Made when the library says that a connection has started and released when it says that it is closed; in between,
/// the library holds the one reference. All of it belongs to the event loop's thread, but `progress`, which others read.
/// `@unchecked Sendable` because of that, and without checks of exclusive access, which cost more than the access.
final class Connection: @unchecked Sendable {
    /// The socket; open for as long as the connection is registered.
    let descriptor: Int32
    /// What the library has it as; nil where a test has none.
    let handle: OpaquePointer?
    /// The server's end of TLS, which must stay for as long as the connection; nil on a plain one.
    let secured: ServerSession?
    /// Whether it is one of TLS.
    var isSecure: Bool { secured != nil }
    /// Its `step`, which other threads may ask for.
    let progress = Atomic<UInt64>(0)
    /// Who has connected, where connections are counted by address.
    let address: PeerAddress?

    /// What the rest of the request is for.
    enum Phase {
        /// The fields have not arrived.
        case head
        /// Content is skipped.
        case skipping
        /// Content goes into `builder`.
        case taking
        /// Content goes into `builder`, and is shown to `check`.
        case checking
        /// Content is longer than the builder takes, and the client is to be told as soon as it can be.
        case overflown
        /// There was no memory for content, and the client is to be told as soon as it can be.
        case denied
        /// Content is skipped, and `prepared` is the answer.
        case answering
        /// The answer is given.
        case answered
        /// The answer was given past the library, before the end of the request, and the connection ends.
        case answeredEarly
        /// The client was told what is wrong with the request, and the connection ends. What still comes is not looked at.
        case givenUp
    }
    @exclusivity(unchecked) var phase = Phase.head
    /// Where content goes while it is taken.
    @exclusivity(unchecked) var builder: BytesBuilder?
    /// What looks at content while it is taken.
    @exclusivity(unchecked) var check: (any ContentCheck)?
    /// The answer that was decided on before the content had arrived.
    @exclusivity(unchecked) var prepared: Response?
    /// Whether the answer ends the connection, though more may come on it.
    @exclusivity(unchecked) var endsConnection = false
    /// Since when it ends, whatever the client does.
    @exclusivity(unchecked) var givenUp: ContinuousClock.Instant?
    /// Belongs to the accepting thread.
    @exclusivity(unchecked) var sweep = SweepRecord()
    /// Whether the content of the request comes in chunks.
    @exclusivity(unchecked) var isChunked = false
    /// Where content comes in chunks, and the library may stand still at one of their lines.
    @exclusivity(unchecked) var chunkRecord: ChunkRecord?
    /// The kept response object that is being sent.
    @exclusivity(unchecked) var readyResponse: ReadyResponses.Item?
    /// The request, if its answer comes later, until it has ended.
    @exclusivity(unchecked) var waiting: WaitingRequest?

    /// The request on the connection, once its fields have arrived.
    @exclusivity(unchecked) private(set) var request: Request
    @exclusivity(unchecked) private(set) var target = BorrowedBytes("")
    @exclusivity(unchecked) private var fields = FieldBuffer()
    @exclusivity(unchecked) private var fieldCount = 0
    /// What the request's head takes of the connection's memory, with what the library keeps of each field and copies of cookies.
    /// In bytes.
    @exclusivity(unchecked) var headCost = 0
    /// Bytes of content that nobody wanted.
    @exclusivity(unchecked) var skippedCount = 0
    /// Bytes of content that arrived.
    @exclusivity(unchecked) var receivedCount = 0
    /// When the request line had arrived, by `monotonicNanoseconds`.
    @exclusivity(unchecked) private(set) var startTime: UInt64 = 0
    /// What `ThreadLockWait` would have shown by now, had it only waited for this request.
    @exclusivity(unchecked) private var lockWaitBase: UInt64 = 0
    /// Nanoseconds that the request has waited for locks; see `noteLockWait()`.
    @exclusivity(unchecked) private(set) var lockWait: UInt64 = 0
    /// What was answered.
    @exclusivity(unchecked) var answer = Answer()
    /// A target with a query is copied here, since the library writes into its own copy.
    @exclusivity(unchecked) private var targetCopy: UnsafeMutableRawBufferPointer?

    init(
        descriptor: Int32, handle: OpaquePointer? = nil, address: PeerAddress? = nil, secured: ServerSession? = nil
    ) {
        self.descriptor = descriptor
        self.handle = handle
        self.address = address
        self.secured = secured
        request = Request(method: BorrowedBytes(""), target: BorrowedBytes(""), fields: fields)
    }

    deinit { targetCopy?.deallocate() }

    /// An answer, for the figures that are taken when the request has ended.
    struct Answer {
        var route = RouteID.none
        var status = Status.ok
        /// Bytes of content to be sent.
        var sentCount = 0
        /// Bytes that are being sent from the handler's memory.
        var lentCount = 0
        /// Where these lie, for as long as the library has the answer.
        var lentStart: UnsafeRawPointer?
    }

    /// Begins a request, with its target before the library has written into it.
    func start(target text: UnsafePointer<CChar>?) {
        advance(to: .receivingHead)
        startTime = monotonicNanoseconds()
        guard let text else { return }
        let raw = UnsafeRawBufferPointer(start: text, count: strlen(text))
        let view = BorrowedBytes(raw)
        guard view.firstPosition(of: UInt8(ascii: "?")) != nil else {
            target = view
            return
        }
        takeOver(raw)
    }

    /// Copies a target with a query, and makes the library find none in its own copy: the API takes the query apart itself.
    ///
    /// 1.0.0 and 1.0.1 move what they receive into back to the end of the last thing that they found in a head, and go by a
    /// value that an argument without `=` does not have (`get_req_headers` of connection.c): a head of one long argument
    /// ends the process.
    @inline(never)
    private func takeOver(_ raw: UnsafeRawBufferPointer) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: raw.count, alignment: 1)
        copy.copyMemory(from: raw)
        targetCopy = copy
        target = BorrowedBytes(UnsafeRawBufferPointer(copy))
        guard let mark = raw.firstIndex(of: UInt8(ascii: "?")), let start = raw.baseAddress else { return }
        // The connection's own memory, which the library writes into itself. At worst this is the NUL at the target's end.
        UnsafeMutableRawPointer(mutating: start).storeBytes(of: 0, toByteOffset: mark + 1, as: UInt8.self)
    }

    /// Takes the fields over, once, when all of them have arrived.
    ///
    /// - Returns: what is wrong with the head.
    func takeHead(
        method name: UnsafePointer<CChar>, url: UnsafePointer<CChar>, version: UnsafePointer<CChar>,
        of connection: OpaquePointer, on loop: EventLoop
    ) -> Problem? {
        let method = UnsafeRawBufferPointer(start: name, count: HeadCheck.length(ofMethod: name))
        var reading = HeadReading(
            state: Unmanaged.passUnretained(self),
            check: HeadCheck(
                method: method, target: target, url: url, version: version, walksBlock: loop.walksHeads))
        _ = MHD_get_connection_values_n(connection, .HEADER_KIND, collectField, &reading)
        request = Request(
            method: BorrowedBytes(method), target: target, mayHaveQuery: targetCopy != nil, host: reading.check.host,
            fields: fields)
        if reading.check.isChunked || loop.endsConnections {
            isChunked = reading.check.isChunked
            endsConnection = !isChunked || !loop.engine.readsChunksStrictly
        }
        let headCount = latchkey_request_head_bytes(connection)
        headCost = headCount + fieldCount * Self.fieldCost
        if request.has(.cookie) { countCookies() }
        if request.has(.expect), !isChunked,
            request.first(.contentLength)?.allSatisfy({ $0 == UInt8(ascii: "0") }) ?? true
        {
            forgetExpectation()
        }
        return reading.check.problem(headCount: headCount, isKnownMethod: request.method != .unknown)
    }

    /// Makes the library and the API see no `100-continue` where there is no content to wait for (RFC 9110 section 10.1.1).
    ///
    /// Before 1.0 the library would send the interim answer all the same, and then take what follows of the next request for the end of this one's
    /// content: the access handler would be asked for an answer where the library takes none, and the connection ended.
    private func forgetExpectation() {
        for field in request.fields where field.name == .expect {
            field.value.withUnsafeBytes { bytes in
                guard let first = bytes.baseAddress, !bytes.isEmpty else { return }
                // The value lies in the connection's own memory, which the library writes into itself.
                UnsafeMutableRawPointer(mutating: first).storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
            }
        }
    }

    @inline(__always)
    fileprivate func collect(_ name: FieldName?, _ text: BorrowedBytes, _ value: BorrowedBytes) {
        fieldCount += 1
        guard let name, name != .host else { return }
        fields.append(Request.Field(name: name, text: text, value: value))
    }

    /// The library copies the cookies, and keeps a record for each.
    @inline(never)
    private func countCookies() {
        for field in request.fields where field.name == .cookie {
            let count = field.value.reduce(1) { $1 == UInt8(ascii: ";") || $1 == UInt8(ascii: ",") ? $0 + 1 : $0 }
            headCost += field.value.count + 1 + count * Self.fieldCost
        }
    }

    /// The library's record of a field, which is half of this, and as much again: requests that follow may fill what it
    /// receives in, half of its memory, and then there is room for the answer's head beside 80 records and not beside 100.
    static let fieldCost = 128

    /// The handler is about to be asked.
    @inline(__always)
    func beginTurn() { lockWaitBase = ThreadLockWait.nanoseconds &- lockWait }

    /// Takes down how long the request has waited for locks so far. Between `beginTurn()` and the next turn of anybody else.
    @inline(__always)
    func noteLockWait() { lockWait = ThreadLockWait.nanoseconds &- lockWaitBase }

    /// Whether a request is on the connection whose head has arrived and that is not answered.
    var isOwedAnAnswer: Bool {
        switch phase {
        case .skipping, .taking, .checking, .overflown, .denied, .answering: true
        case .head, .answered, .answeredEarly, .givenUp: false
        }
    }

    /// Forgets what the last request was, whose memory is gone.
    func forgetRequest() {
        request = Request(method: BorrowedBytes(""), target: BorrowedBytes(""), fields: fields)
    }

    /// Ends the request, whatever has become of it, and lets go of all that it held.
    func finish() {
        let isAnswered = phase == .answered
        if !isAnswered {
            // A request that never came to its end leaves these behind.
            builder = nil
            check = nil
            prepared = nil
        }
        phase = .head
        target = BorrowedBytes("")
        fieldCount = 0
        skippedCount = 0
        receivedCount = 0
        lockWait = 0
        answer.lentCount = 0
        fields.removeAll()
        if let copy = targetCopy {
            copy.deallocate()
            targetCopy = nil
        }
        if let ended = waiting {
            waiting = nil
            ended.end()
        }
        advance(to: .idle, isAnswered: isAnswered)
    }
}

/// What goes through all fields of a request.
private struct HeadReading {
    let state: Unmanaged<Connection>
    var check: HeadCheck
}

/// `MHD_KeyValueIteratorN` for the fields of a request.
private func collectField(
    context: UnsafeMutableRawPointer?, kind: MHD_ValueKind, name: UnsafePointer<CChar>?, nameLength: Int,
    value: UnsafePointer<CChar>?, valueLength: Int
) -> MHD_Result {
    guard let context, let name else { return .YES }
    let reading = context.assumingMemoryBound(to: HeadReading.self)
    let nameBytes = UnsafeRawBufferPointer(start: name, count: nameLength)
    let valueBytes = UnsafeRawBufferPointer(start: value, count: valueLength)
    let text = BorrowedBytes(nameBytes)
    let known = FieldName(text)
    reading.pointee.check.take(nameBytes, valueBytes, as: known)
    reading.pointee.state._withUnsafeGuaranteedRef { $0.collect(known, text, BorrowedBytes(valueBytes)) }
    return .YES
}
