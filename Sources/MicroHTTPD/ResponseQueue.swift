import ByteBuffers
import CMicroHTTPD
import Glibc
import HTTPMessages
import Synchronization

// Turning a `Response` into one of libmicrohttpd's, and queueing it.
extension EventLoop {
    /// Queues `response` and counts it. Only in a call of the access handler, on the loop's thread.
    func queue(_ response: Response, on connection: OpaquePointer, _ state: Connection) -> MHD_Result {
        setFieldLines(to: response)
        if !state.request.names.isDisjoint(with: .answered) { addLines(for: state) }
        counters.count(state.request.method, response.route, response.status)
        take(response, for: state)
        state.advance(to: .answering)
        let status = UInt32(response.status.rawValue)
        let endsConnection = state.endsConnection || isDraining.load(ordering: .relaxed)
        if let item = fillReadyResponse(response, endsConnection: endsConnection) {
            state.readyResponse = item
            return MHD_queue_response(connection, status, item.response)
        }
        // Also in a drain its socket lingers, since the client may have sent more already.
        state.endsConnection = endsConnection
        lend(response, state)
        guard let made = makeResponse(response, state, endsConnection: endsConnection) else { return .NO }
        defer { MHD_destroy_response(made) }
        return MHD_queue_response(connection, status, made)
    }

    /// The lines that answer a field of the request, whatever else the answer is.
    @inline(never)
    func addLines(for state: Connection) {
        if state.request.prefers("timing") {
            state.noteLockWait()
            fieldLines.appendServerTiming(lockWait: state.lockWait)
        }
        addOriginLines(for: state)
    }

    /// The lines for the page that has sent the request.
    func addOriginLines(for state: Connection) {
        if state.request.has(.origin), let lines = handler.addedLines(for: state.request) { fieldLines.append(lines) }
    }

    /// Has the lines of `response` in `fieldLines`, with the time of day.
    @inline(__always)
    func setFieldLines(to response: Response) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        date.update(now: Int64(time.tv_sec))
        fieldLines.set(to: response, date: date)
    }

    /// A kept object with the content of `response` in it; nil where it is too large, or the connection is to end.
    @inline(__always)
    private func fillReadyResponse(_ response: Response, endsConnection: Bool) -> ReadyResponses.Item? {
        guard engine.sendsVerbatim, !endsConnection else { return nil }
        let count = response.body.count
        guard count <= ReadyResponses.maximumContentCount,
            let item = readyResponses.take(contentCount: count, lineCount: fieldLines.count)
        else { return nil }
        response.body.withContent { item.fill(content: $0, lines: fieldLines.bytes) }
        return item
    }

    private func makeResponse(_ response: Response, _ state: Connection, endsConnection: Bool) -> OpaquePointer? {
        let made: OpaquePointer?
        if let bytes = response.body.content {
            // The library sends from the entry itself, and gives the reference back on whichever thread is the last.
            let (start, owner) = bytes.lend()
            state.answer.lentStart = start
            made = MHD_create_response_from_buffer_with_free_callback_cls(
                bytes.count, UnsafeMutableRawPointer(mutating: start), endLoan, owner)
            if made == nil { SharedBytes.endLoan(owner) }
        } else {
            made = MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT)
        }
        guard let made else { return nil }
        // Before all others: with it the library forgets that there is a `Date`, and adds its own (`MHD_add_response_header`).
        if endsConnection { MHD_add_response_header(made, "Connection", "close") }
        fieldLines.add(to: made, inOnePiece: engine.sendsVerbatim)
        return made
    }
}

/// `MHD_ContentReaderFreeCallback` for lent bytes.
private func endLoan(owner: UnsafeMutableRawPointer?) {
    if let owner { SharedBytes.endLoan(owner) }
}

extension FieldLines {
    /// Adds the lines to a response, in one piece (`Engine.sendsVerbatim`) or one by one.
    fileprivate borrowing func add(to response: OpaquePointer, inOnePiece: Bool) {
        guard inOnePiece else {
            forEach { name, value in MHD_add_response_header(response, terminated(name), terminated(value)) }
            return
        }
        guard let lines = addPlaceholder(count, to: response) else { return }
        bytes.withUnsafeBytes { lines.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    }
}

/// A copy of `bytes` with a NUL after it.
private func terminated(_ bytes: BorrowedBytes) -> [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

/// Adds one field to `response` whose value has `count` bytes, and returns where these lie, to be overwritten with all
/// field lines.
///
/// Each field costs the library three allocations, so all of them travel as the value of the first. It is added with a
/// placeholder, since the library refuses line ends.
func addPlaceholder(_ count: Int, to response: OpaquePointer) -> UnsafeMutableRawPointer? {
    let name = UnsafeRawPointer(FieldLines.firstName.utf8Start).assumingMemoryBound(to: CChar.self)
    MHD_add_response_header(response, name, placeholder + (FieldLines.capacity - count))
    return MHD_get_response_header(response, name).map { UnsafeMutableRawPointer(mutating: $0) }
}

/// `FieldLines.capacity` bytes and a NUL: its last n bytes are a placeholder for n bytes.
private nonisolated(unsafe) let placeholder: UnsafePointer<CChar> = {
    // Never written again, so shared by all threads; never freed.
    let length = FieldLines.capacity
    let text = UnsafeMutablePointer<CChar>.allocate(capacity: length + 1)
    text.initialize(repeating: CChar(bitPattern: UInt8(ascii: "-")), count: length)
    (text + length).initialize(to: 0)
    return UnsafePointer(text)
}()
